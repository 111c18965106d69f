import type { AddressInfo } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

/** A mail server on loopback that keeps what it takes, for tests. */
export interface SmtpSink {
  /** `smtp://127.0.0.1:port`, or with the user and password that it asks for. */
  readonly url: string;
  /** What arrived, parsed, oldest first. */
  readonly mails: readonly ParsedMail[];
  /** Recipients of the SMTP envelope, mail by mail. */
  readonly envelopes: readonly (readonly string[])[];
  stop(): Promise<void>;
}

/** Starts one. `refuse` answers an SMTP reply code to refuse a recipient with; `login` asks for a password. */
export async function startSmtpSink(
  options: {
    refuse?: (recipient: string) => number | undefined;
    login?: { user: string; password: string };
  } = {},
): Promise<SmtpSink> {
  const mails: ParsedMail[] = [];
  const envelopes: string[][] = [];
  const login = options.login;
  const server = new SMTPServer({
    authOptional: login === undefined,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    onAuth(given, _session, done) {
      if (login !== undefined && given.username === login.user && given.password === login.password) {
        return done(null, { user: login.user });
      }
      return done(new Error("wrong user or password"));
    },
    onRcptTo(address, _session, done) {
      const code = options.refuse?.(address.address);
      if (code === undefined) return done();
      return done(Object.assign(new Error("recipient refused"), { responseCode: code }));
    },
    onData(stream, session, done) {
      simpleParser(stream).then((mail) => {
        mails.push(mail);
        envelopes.push(session.envelope.rcptTo.map((to) => to.address));
        done();
      }, done);
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.server.address() as AddressInfo;
  const who =
    login === undefined ? "" : `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@`;
  return {
    url: `smtp://${who}127.0.0.1:${port}`,
    mails,
    envelopes,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
