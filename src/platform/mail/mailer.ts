import {
  createTransport,
  type SendMailOptions,
  type SMTPSentMessageInfo,
  type SMTPTransportOptions,
  type Transporter,
} from "nodemailer";
import { sha256Hex } from "../crypto/digest.ts";
import type { Log } from "../log/log.ts";
import { type Mail, MailError, type Mailer } from "./mail.ts";

const CONNECT_TIMEOUT_MS = 15_000;
const SILENCE_TIMEOUT_MS = 60_000;

/**
 * Makes the mailer of `smtp://user:password@host:port` or `smtps://...`; without `smtp` one that refuses every mail.
 * A password goes only over TLS, except to this machine itself. Throws MailError `bad-mail` when `from` is no address.
 */
export function createMailer(options: { smtp?: string | undefined; from: string; log: Log }): Mailer {
  const from = senderOf(options.from);
  if (options.smtp === undefined) {
    return {
      configured: false,
      send: () => Promise.reject(new MailError("not-configured", "mail is not configured: set mail.smtp")),
    };
  }
  return new SmtpMailer(createTransport(transportOf(options.smtp)), from, options.log);
}

interface Sender {
  readonly name: string;
  readonly address: string;
}

class SmtpMailer implements Mailer {
  readonly configured = true;
  readonly #transport: Transporter<SMTPSentMessageInfo, SMTPTransportOptions>;
  readonly #from: Sender;
  readonly #log: Log;

  constructor(transport: Transporter<SMTPSentMessageInfo, SMTPTransportOptions>, from: Sender, log: Log) {
    this.#transport = transport;
    this.#from = from;
    this.#log = log;
  }

  async send(mail: Mail): Promise<void> {
    if (mail.to.length === 0) throw new MailError("bad-mail", "a mail needs a recipient");
    const messageId = messageIdOf(mail.key, this.#from.address);
    const sent = await this.#deliver({
      messageId,
      from: this.#from,
      to: mail.to.map((address) => ({ name: "", address: plainAddress(address) })),
      subject: oneLine(mail.subject),
      text: mail.text,
      headers: { "Auto-Submitted": "auto-generated" },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    this.#settleRefusals(sent, messageId);
    this.#log.info({ messageId, recipients: sent.accepted.length }, "mail sent");
  }

  async #deliver(message: SendMailOptions): Promise<SMTPSentMessageInfo> {
    try {
      return await this.#transport.sendMail(message);
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      throw new MailError("not-taken", `the mail server did not take the mail: ${why.slice(0, 300)}`, {
        cause: thrown,
      });
    }
  }

  /** The server may take a mail for some recipients only. What it refuses for good would be refused again. */
  #settleRefusals(sent: SMTPSentMessageInfo, messageId: string): void {
    if (sent.rejected.length === 0) return;
    const codes = (sent.rejectedErrors ?? []).map((error) => error.responseCode ?? 0);
    if (codes.some((code) => code < 500)) {
      throw new MailError("not-taken", `the mail server put off ${sent.rejected.length} of the recipients`);
    }
    this.#log.error(
      { messageId, recipients: sent.rejected.length },
      "mail refused for some recipients for good",
    );
  }
}

function transportOf(smtp: string): SMTPTransportOptions {
  const url = URL.canParse(smtp) ? new URL(smtp) : undefined;
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || url.hostname === "") {
    throw new MailError("bad-mail", "mail.smtp is smtp://user:password@host:port or smtps://...");
  }
  const secure = url.protocol === "smtps:";
  const user = decodeURIComponent(url.username);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const loopback = host === "localhost" || host === "::1" || /^127\./.test(host);
  return {
    host,
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && user !== "" && !loopback,
    ignoreTLS: !secure && loopback,
    ...(user === "" ? {} : { auth: { user, pass: decodeURIComponent(url.password) } }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
  };
}

/** `<first half of SHA-256 of the key>@<the sender's domain>`: the same key is the same mail. */
function messageIdOf(key: string, sender: string): string {
  return `<${sha256Hex(key).slice(0, 32)}@${sender.slice(sender.lastIndexOf("@") + 1)}>`;
}

/** `聯防 <lianfang@localhost>` or a bare address. */
function senderOf(from: string): Sender {
  const opens = from.lastIndexOf("<");
  if (opens < 0) return { name: "", address: plainAddress(from.trim()) };
  return {
    name: oneLine(from.slice(0, opens)),
    address: plainAddress(from.slice(opens + 1).replace(/>\s*$/, "")),
  };
}

/** One addr-spec without quoting (RFC 5321 dot-string): nothing in it can begin a header or a second recipient. */
function plainAddress(address: string): string {
  if (address.length > 254 || !/^[^\p{C}\s<>()[\]\\,;:@"]+@[^\p{C}\s<>()[\]\\,;:@"]+$/u.test(address)) {
    throw new MailError("bad-mail", "an address of the mail is not of the form name@host");
  }
  return address;
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
}
