import { constants } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import type { Config } from "../../../platform/config/config.ts";
import { sha256Hex } from "../../../platform/crypto/digest.ts";
import type { Log } from "../../../platform/log/log.ts";

type TlsConfig = NonNullable<Config["ingest"]["tls"]>;

const LOOK_MILLIS = 30_000;
const HANDSHAKE_MILLIS = 10_000;

export interface TlsDoorOptions {
  readonly config: TlsConfig;
  readonly log: Log;
  /** Somebody came in; who that is shows `certificateOf`. */
  onConnection(socket: TLSSocket): void;
  /** A handshake failed before anybody was in. */
  onFailure(address: string, error: Error): void;
  /** How often the files are looked at; 30 s unless told. */
  readonly lookMillis?: number;
}

/**
 * The door for syslog over TLS (RFC 5425), not yet listening. It asks everybody for a certificate and refuses nobody by
 * itself: one that no authority signed may be known by its fingerprint (section 4.2.2). New files are taken over for
 * the next connection; while they do not fit one another the old ones stay.
 */
export class TlsDoor {
  readonly server: Server;
  readonly #options: TlsDoorOptions;
  #seen: string;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: TlsDoorOptions, server: Server, seen: string) {
    this.#options = options;
    this.server = server;
    this.#seen = seen;
    this.#timer = setInterval(() => void this.#look(), options.lookMillis ?? LOOK_MILLIS);
    this.#timer.unref();
  }

  static async make(options: TlsDoorOptions): Promise<TlsDoor> {
    const { context, digest } = await readContext(options.config);
    const server = createServer({
      ...context,
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MILLIS,
      // A resumed session would show the certificate of an earlier day.
      secureOptions: constants.SSL_OP_NO_TICKET,
      sessionIdContext: "lianfang-syslog",
    });
    server.on("secureConnection", (socket) => options.onConnection(socket));
    server.on("tlsClientError", (error, socket) => options.onFailure(socket.remoteAddress ?? "", error));
    return new TlsDoor(options, server, digest);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    const { config, log } = this.#options;
    try {
      const { context, digest } = await readContext(config);
      if (digest === this.#seen || this.#timer === undefined) return;
      this.#seen = digest;
      this.server.setSecureContext({ ...context, secureOptions: constants.SSL_OP_NO_TICKET });
      log.info({ cert: config.cert }, "the certificate of syslog over TLS was renewed");
    } catch (error) {
      log.warn({ err: error, cert: config.cert }, "a new certificate cannot be used; the old one stays");
    }
  }
}

async function readContext(config: TlsConfig): Promise<{ context: SecureContextOptions; digest: string }> {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFile(file));
  const [cert, key, ca, crl] = await Promise.all([
    read(config.cert),
    read(config.key),
    read(config.ca),
    read(config.crl),
  ]);
  const parts = [cert, key, ca, crl].map((part) => (part === undefined ? "" : sha256Hex(part)));
  return {
    // Without authorities of ours the system's would be believed: nobody is, then, but by fingerprint.
    context: { cert, key, ca: ca ?? [], ...(crl !== undefined && { crl }) },
    digest: parts.join(" "),
  };
}
