import { createSocket, type Socket as Datagrams } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from "node:net";
import { type Clock, millis } from "../../../core/instant.ts";
import type { Config } from "../../../platform/config/config.ts";
import type { Log } from "../../../platform/log/log.ts";
import { type Framed, SyslogFraming, trimmed } from "./framing.ts";
import type { Intake } from "./intake.ts";
import type { IngestMetrics } from "./metrics.ts";
import { plainAddress, type Senders } from "./senders.ts";
import type { Source } from "./sources.ts";

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
  /** Counts what a known source sent and was not taken whole. */
  refused(source: Source, count: number, reason: string): Promise<void>;
  readonly metrics: IngestMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** The doors for syslog: UDP (one message a datagram) and TCP (RFC 6587). */
export class SyslogCollector {
  readonly #parts: SyslogParts;
  readonly #sockets = new Set<Socket>();
  readonly #warned = new Map<string, number>();
  /** Datagrams and connections under way. */
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = Promise.withResolvers<void>();
  #stopped = false;
  #udp: Datagrams | undefined;
  #tcp: Server | undefined;

  constructor(parts: SyslogParts) {
    this.#parts = parts;
  }

  /** Opens what is configured; answers the ports. Rejects when one cannot be bound. */
  async start(): Promise<{ udp?: number; tcp?: number }> {
    const { udp, tcp } = this.#parts.config;
    const ports: { udp?: number; tcp?: number } = {};
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
      server.maxConnections = MOST_CONNECTIONS;
      server.listen(tcp.port, tcp.host);
      await once(server, "listening");
      server.on("error", (error) => this.#parts.log.error({ err: error }, "syslog over TCP failed"));
      this.#tcp = server;
      ports.tcp = (server.address() as AddressInfo).port;
    }
    return ports;
  }

  /** Closes the doors and hands over what came through them; the intake stores it. */
  async stop(): Promise<void> {
    const udp = this.#udp;
    const tcp = this.#tcp;
    this.#udp = undefined;
    this.#tcp = undefined;
    if (udp !== undefined) await new Promise<void>((done) => udp.close(done));
    const closed = tcp === undefined ? undefined : new Promise<void>((done) => tcp.close(() => done()));
    this.#stopped = true;
    this.#stopping.resolve();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
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
    if (this.#running.size > MOST_RUNNING) return this.#parts.metrics.dropped(1);
    const source = await this.#parts.senders.sourceOf(address);
    if (source === undefined) return this.#stranger(address);
    const most = this.#parts.config.maxLineBytes;
    const bytes = trimmed(message.subarray(0, most));
    if (message.length > most) this.#tell(source, "a datagram was longer than allowed and was cut");
    if (bytes.length > 0 && !this.#parts.intake.offer(source, plainAddress(address), bytes)) {
      this.#parts.metrics.dropped(1);
    }
  }

  async #connection(socket: Socket): Promise<void> {
    const address = plainAddress(socket.remoteAddress ?? "");
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", (error) =>
      this.#parts.log.debug({ err: error, address }, "a syslog connection broke"),
    );
    try {
      const source = await this.#parts.senders.sourceOf(address);
      if (source === undefined) this.#stranger(address);
      else await this.#read(socket, source, address);
    } finally {
      socket.destroy();
    }
  }

  async #read(socket: Socket, source: Source, address: string): Promise<void> {
    const framing = new SyslogFraming(this.#parts.config.maxLineBytes);
    const take = async (found: readonly Framed[]): Promise<void> => {
      for (const { bytes, cut } of found) {
        if (cut) this.#tell(source, "a message was longer than allowed or broke off, and was cut");
        // A full intake holds the connection back: nothing more is read until there is room.
        while (!this.#parts.intake.offer(source, address, bytes)) {
          if (this.#stopped) return this.#parts.metrics.dropped(1);
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

  #tell(source: Source, reason: string): void {
    this.#parts.refused(source, 1, reason).catch((error: unknown) => {
      this.#parts.log.error({ err: error, source: source.name }, "a refusal could not be counted");
    });
  }

  /** Counted always, told at most once a minute for an address. */
  #stranger(address: string): void {
    this.#parts.metrics.unknownSender();
    const now = millis(this.#parts.clock.now());
    const last = this.#warned.get(address);
    if (last !== undefined && now - last < WARN_MILLIS) return;
    if (this.#warned.size >= MOST_WARNED) this.#warned.clear();
    this.#warned.set(address, now);
    this.#parts.log.warn({ address }, "syslog from an address that ingest.sources does not name; not stored");
  }
}
