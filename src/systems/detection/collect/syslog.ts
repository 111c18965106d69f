import { createSocket, type Socket as Datagrams } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Clock, millis } from "../../../core/instant.ts";
import type { Config } from "../../../platform/config/config.ts";
import { certificateOf } from "../../../platform/crypto/peer-certificate.ts";
import type { Log } from "../../../platform/log/log.ts";
import { type Framed, SyslogFraming, trimmed } from "./framing.ts";
import type { Intake } from "./intake.ts";
import type { IngestMetrics, TlsRefusal } from "./metrics.ts";
import { type Peer, plainAddress, type Senders } from "./senders.ts";
import type { Source } from "./sources.ts";
import type { Tally } from "./tally.ts";
import { TlsDoor } from "./tls-door.ts";

const WARN_MILLIS = 60_000;
const MOST_CONNECTIONS = 2_000;
const MOST_WARNED = 10_000;
const MOST_RUNNING = 10_000;
/** The kernel holds this much of a burst of datagrams while the program is at something else. */
const RECEIVE_BUFFER = 4 * 2 ** 20;

export interface SyslogParts {
  readonly config: Config["ingest"];
  readonly senders: Senders;
  readonly intake: Intake;
  readonly tally: Tally;
  readonly metrics: IngestMetrics;
  readonly clock: Clock;
  readonly log: Log;
  /** How often the files of TLS are looked at. */
  readonly lookMillis?: number;
}

export interface SyslogPorts {
  readonly udp?: number;
  readonly tcp?: number;
  readonly tls?: number;
}

/** The doors for syslog: UDP (one message a datagram), TCP (RFC 6587) and TLS (RFC 5425). */
export class SyslogCollector {
  readonly #parts: SyslogParts;
  readonly #sockets = new Set<Socket>();
  readonly #warned = new Map<string, number>();
  /** Datagrams and connections under way. */
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = Promise.withResolvers<void>();
  #stopped = false;
  #udp: Datagrams | undefined;
  /** Servers of TCP and TLS. */
  readonly #servers: Server[] = [];
  #door: TlsDoor | undefined;

  constructor(parts: SyslogParts) {
    this.#parts = parts;
  }

  /** Opens what is configured; answers the ports. Rejects when one cannot be bound. */
  async start(): Promise<SyslogPorts> {
    const { udp, tcp, tls } = this.#parts.config;
    const ports: { udp?: number; tcp?: number; tls?: number } = {};
    if (udp !== undefined) {
      const socket = createSocket({
        type: isIPv6(udp.host) ? "udp6" : "udp4",
        recvBufferSize: RECEIVE_BUFFER,
      });
      socket.on("message", (message, from) => {
        this.#run(this.#datagram(message, from.address), "a datagram could not be taken");
      });
      socket.bind(udp.port, udp.host);
      await once(socket, "listening");
      socket.on("error", (error) => this.#parts.log.error({ err: error }, "syslog over UDP failed"));
      this.#udp = socket;
      ports.udp = socket.address().port;
    }
    if (tcp !== undefined) {
      const server = createServer((socket) => {
        this.#run(this.#connection(socket), "a syslog connection could not be served");
      });
      ports.tcp = await this.#listen(server, tcp, "syslog over TCP failed");
    }
    if (tls !== undefined) {
      this.#door = await TlsDoor.make({
        config: tls,
        log: this.#parts.log,
        onConnection: (socket) => this.#run(this.#secured(socket), "a syslog connection could not be served"),
        onFailure: (address, error) =>
          this.#refuse("handshake", plainAddress(address), { err: error }, "a TLS handshake failed"),
        ...(this.#parts.lookMillis !== undefined && { lookMillis: this.#parts.lookMillis }),
      });
      ports.tls = await this.#listen(this.#door.server, tls, "syslog over TLS failed");
    }
    return ports;
  }

  async #listen(server: Server, at: { host: string; port: number }, failed: string): Promise<number> {
    server.maxConnections = MOST_CONNECTIONS;
    server.listen(at.port, at.host);
    await once(server, "listening");
    server.on("error", (error) => this.#parts.log.error({ err: error }, failed));
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** Closes the doors and hands over what came through them; the intake stores it. */
  async stop(): Promise<void> {
    const udp = this.#udp;
    this.#udp = undefined;
    this.#door?.close();
    if (udp !== undefined) await new Promise<void>((done) => udp.close(done));
    const closed = this.#servers
      .splice(0)
      .map((server) => new Promise<void>((done) => server.close(() => done())));
    this.#stopped = true;
    this.#stopping.resolve();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
    await Promise.all(this.#running);
  }

  /** Remembers work that nobody awaits, so that `stop` can, and that its failure is told. */
  #run(work: Promise<void>, failed: string): void {
    const run: Promise<void> = work
      .catch((error: unknown) => this.#parts.log.error({ err: error }, failed))
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #datagram(message: Buffer, address: string): Promise<void> {
    if (this.#running.size > MOST_RUNNING) return this.#parts.metrics.dropped("syslog", 1);
    const source = await this.#parts.senders.sourceOf({ address });
    if (source === undefined) return this.#stranger(address);
    const most = this.#parts.config.maxLineBytes;
    const bytes = trimmed(message.subarray(0, most));
    if (message.length > most) this.#countCut(source);
    if (bytes.length > 0 && !this.#parts.intake.offer(source, plainAddress(address), bytes)) {
      this.#drop(source);
    }
  }

  #drop(source: Source): void {
    this.#parts.metrics.dropped("syslog", 1);
    this.#parts.tally.add(source, { dropped: 1 });
  }

  async #connection(socket: Socket): Promise<void> {
    const address = plainAddress(socket.remoteAddress ?? "");
    await this.#serve(socket, { address }, () => this.#stranger(address));
  }

  async #secured(socket: TLSSocket): Promise<void> {
    const address = plainAddress(socket.remoteAddress ?? "");
    const { config, clock } = this.#parts;
    const certificate = certificateOf(socket, millis(clock.now()));
    if (certificate === undefined && config.tls?.clientCertificate !== "optional") {
      this.#refuse("no-certificate", address, {}, "a sender over TLS showed no certificate");
      socket.destroy();
      return;
    }
    const peer = certificate === undefined ? { address } : { address, certificate };
    await this.#serve(socket, peer, () => {
      if (certificate === undefined) return this.#stranger(address);
      const { names, sha256, trusted } = certificate;
      // Untrusted: signed by nobody of ours, out of its time, or revoked; authorizationError says which.
      const reason = trusted ? "unknown-certificate" : "untrusted-certificate";
      const why = trusted ? undefined : String(socket.authorizationError ?? "");
      this.#refuse(
        reason,
        address,
        { names, sha256, why },
        "a sender over TLS showed a certificate that no source is bound to",
      );
    });
  }

  async #serve(socket: Socket, peer: Peer, onStranger: () => void): Promise<void> {
    const { address } = peer;
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", (error) =>
      this.#parts.log.debug({ err: error, address }, "a syslog connection broke"),
    );
    try {
      const source = await this.#parts.senders.sourceOf(peer);
      if (source === undefined) onStranger();
      else await this.#read(socket, source, address);
    } finally {
      socket.destroy();
    }
  }

  async #read(socket: Socket, source: Source, address: string): Promise<void> {
    const framing = new SyslogFraming(this.#parts.config.maxLineBytes);
    const take = async (found: readonly Framed[]): Promise<void> => {
      for (const { bytes, cut } of found) {
        if (cut) this.#countCut(source);
        // A full intake holds the connection back: nothing more is read until there is room.
        while (!this.#parts.intake.offer(source, address, bytes)) {
          if (this.#stopped) return this.#drop(source);
          await Promise.race([this.#room(), this.#stopping.promise]);
        }
      }
    };
    try {
      for await (const chunk of socket as AsyncIterable<Buffer>) await take(framing.push(chunk));
    } catch (error) {
      this.#parts.log.debug({ err: error, address }, "a syslog connection broke");
    }
    await take(framing.end());
  }

  #room(): Promise<void> {
    return new Promise((done) => this.#parts.intake.onRoom(done));
  }

  #countCut(source: Source): void {
    this.#parts.metrics.cut("syslog", 1);
    this.#parts.tally.add(source, { cut: 1 });
  }

  #stranger(address: string): void {
    this.#parts.metrics.unknownSender();
    this.#warn(address, { address }, "syslog from an address that ingest.sources does not name; not stored");
  }

  #refuse(reason: TlsRefusal, address: string, more: Record<string, unknown>, message: string): void {
    this.#parts.metrics.tlsRefused(reason);
    this.#warn(`${reason} ${address}`, { reason, address, ...more }, message);
  }

  /** Whatever is counted always is told at most once a minute for an address. */
  #warn(key: string, said: Record<string, unknown>, message: string): void {
    const now = millis(this.#parts.clock.now());
    const last = this.#warned.get(key);
    if (last !== undefined && now - last < WARN_MILLIS) return;
    if (this.#warned.size >= MOST_WARNED) this.#warned.clear();
    this.#warned.set(key, now);
    this.#parts.log.warn(said, message);
  }
}
