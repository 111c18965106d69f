import { chmodSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { sha256Hex } from "../platform/crypto/digest.ts";

/** Longest path that a Unix socket address holds on Linux (sockaddr_un.sun_path, 108 bytes with its end). */
const LONGEST_SOCKET_PATH = 100;

/** The running node's socket for commands on the same machine; who may open the data folder may use it. */
export function socketPath(dataFolder: string): string {
  const path = join(resolve(dataFolder), "node.sock");
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
  return join(
    tmpdir(),
    `lianfang-${process.getuid?.() ?? 0}`,
    `${sha256Hex(resolve(dataFolder)).slice(0, 16)}.sock`,
  );
}

export interface LocalSocket {
  /** Did the request come over the socket? Then its sender owns the data folder. */
  isLocal(request: FastifyRequest): boolean;
  close(): Promise<void>;
}

/** Serves the same routes on a Unix socket that only the owner of the data folder can open. */
export async function openLocalSocket(app: FastifyInstance, dataFolder: string): Promise<LocalSocket> {
  const path = socketPath(dataFolder);
  const sockets = new WeakSet<Socket>();
  const open = new Set<Socket>();
  const server: Server = createServer((incoming, answer) => app.routing(incoming, answer));
  server.on("connection", (socket) => {
    sockets.add(socket);
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
  // The stores' lock says that no other node owns this folder, so a socket left there belongs to a dead one.
  rmSync(path, { force: true });
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(path, done);
  });
  chmodSync(path, 0o600);
  return {
    isLocal: (incoming) => sockets.has(incoming.raw.socket),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Is a node listening there? */
export function isNodeRunning(dataFolder: string): Promise<boolean> {
  const path = socketPath(dataFolder);
  if (!existsSync(path)) return Promise.resolve(false);
  return new Promise((done) => {
    const probe = createConnection(path);
    probe.once("connect", () => {
      probe.destroy();
      done(true);
    });
    probe.once("error", () => done(false));
  });
}

export interface LocalAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** One request to the running node over its socket; JSON in and out unless a content type says otherwise. */
export function askNode(
  dataFolder: string,
  call: { method: string; path: string; body?: unknown; headers?: Record<string, string> },
): Promise<LocalAnswer> {
  const raw = call.body instanceof Uint8Array || typeof call.body === "string";
  const payload =
    call.body === undefined ? undefined : raw ? (call.body as Uint8Array) : JSON.stringify(call.body);
  return new Promise((done, fail) => {
    const outgoing = request(
      {
        socketPath: socketPath(dataFolder),
        method: call.method,
        path: call.path,
        headers: {
          host: "localhost",
          ...(payload === undefined || raw ? {} : { "content-type": "application/json" }),
          ...call.headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.once("error", fail);
        answer.once("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          done({ status: answer.statusCode ?? 0, body: readJson(text) });
        });
      },
    );
    outgoing.once("error", fail);
    outgoing.end(payload);
  });
}

function readJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
