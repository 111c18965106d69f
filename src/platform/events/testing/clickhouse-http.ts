import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { createGunzip, gzipSync } from "node:zlib";
import chdb from "chdb";
import { literal, plainName } from "../bound.ts";

/** A server on loopback that speaks ClickHouse's HTTP interface and answers out of chDB, for tests. */
export interface ClickhouseHttp {
  /** `http://user:password@127.0.0.1:port` */
  readonly url: string;
  /** Queries that ended because their caller went away. */
  readonly cancelled: () => number;
  stop(): Promise<void>;
}

const USER = "lianfang";
const PASSWORD = "a:b/c@d";

/** URL parameters of the interface that are no settings (docs of ClickHouse, "HTTP Interface"). */
const NO_SETTINGS = new Set([
  "query",
  "database",
  "default_format",
  "query_id",
  "session_id",
  "wait_end_of_query",
  "buffer_size",
  "enable_http_compression",
  "cancel_http_readonly_queries_on_client_close",
]);

interface Statement {
  readonly sql: string;
  readonly data: Uint8Array | undefined;
  readonly database: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly params: ReadonlyMap<string, string>;
}

/** Starts one on the data directory `folder`; others of this process may use the same directory beside it. */
export async function startClickhouseHttp(folder: string): Promise<ClickhouseHttp> {
  const anchor = new chdb.Session(folder, { connectionArgs: ["--max_query_size=16777216"] });
  let serial = 0;
  let cancelled = 0;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === "/ping") return void response.end("Ok.\n");
    const login = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;
    if (request.headers.authorization !== login)
      throw new Error("Code: 516. DB::Exception: wrong password. (AUTHENTICATION_FAILED)");
    const statement = await statementOf(request);
    const mark = `loopback-${++serial}`;
    const session = new chdb.Session(folder, { connectionArgs: ["--max_query_size=16777216"] });
    const running = run(session, statement, mark);
    const gone = (): void => {
      if (response.writableFinished) return;
      cancelled++;
      const kill = `KILL QUERY WHERE Settings['log_comment'] = ${literal(mark)} ASYNC`;
      void anchor.queryAsync(kill, { format: "Null" }).catch(() => undefined);
    };
    response.once("close", gone);
    try {
      send(request, response, await running);
    } finally {
      session.close();
    }
  };

  const server = createServer({ maxHeaderSize: 1_048_576 }, (request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      const code = /^Code: (\d+)/.exec(message)?.[1] ?? "1002";
      response.writeHead(code === "516" ? 401 : 400, { "X-ClickHouse-Exception-Code": code });
      response.end(`${message.trimEnd()} (version 26.7.2.1)\n`);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`,
    cancelled: () => cancelled,
    stop: async () => {
      await new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      });
      anchor.close();
      await chdb.drainPending();
    },
  };
}

async function statementOf(request: IncomingMessage): Promise<Statement> {
  const url = new URL(request.url ?? "/", "http://loopback");
  const body = await buffer(
    request.headers["content-encoding"] === "gzip" ? request.pipe(createGunzip()) : request,
  );
  const fields = new Map(url.searchParams);
  const type = request.headers["content-type"] ?? "";
  let data: Uint8Array | undefined;
  if (type.startsWith("multipart/form-data")) {
    const form = await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData();
    for (const [name, value] of form) if (typeof value === "string") fields.set(name, value);
  } else if (fields.has("query")) {
    data = body;
  } else {
    fields.set("query", body.toString("utf8"));
  }
  const settings = [...fields].filter(([name]) => !NO_SETTINGS.has(name) && !name.startsWith("param_"));
  const params = [...fields].filter(([name]) => name.startsWith("param_"));
  return {
    sql: fields.get("query") ?? "",
    data,
    database: fields.get("database") ?? "default",
    settings: new Map(settings),
    params: new Map(params),
  };
}

async function run(session: chdb.Session, statement: Statement, mark: string): Promise<Uint8Array> {
  const insert = /^INSERT INTO (\S+) FORMAT (JSONEachRow|Native)\s*$/.exec(statement.sql);
  if (insert !== null) {
    const [, table = "", format] = insert;
    const settings = Object.fromEntries(statement.settings);
    if (format === "Native") {
      await insertBlock(session, table, statement.data ?? new Uint8Array(0), settings);
      return new Uint8Array(0);
    }
    await session.insert({ table, values: statement.data ?? "", format: "JSONEachRow", settings });
    return new Uint8Array(0);
  }
  const pairs = [["log_comment", mark] as const, ...statement.params, ...statement.settings];
  const set = pairs.map(([name, value]) => `${plainName(name)} = ${literal(value)}`).join(", ");
  const result = await session.queryAsync(
    `USE ${plainName(statement.database)};\nSET ${set};\n${statement.sql}`,
  );
  return result.bytes();
}

/** The embedded engine takes binary rows from files only. */
async function insertBlock(
  session: chdb.Session,
  table: string,
  bytes: Uint8Array,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lianfang-loopback-"));
  try {
    const file = join(folder, "block.native");
    writeFileSync(file, bytes);
    const set = Object.entries({ ...settings, max_threads: "1", max_insert_threads: "1" })
      .map(([name, value]) => `${plainName(name)} = ${literal(value)}`)
      .join(", ");
    await session.queryAsync(
      `INSERT INTO ${table} SETTINGS ${set} SELECT * FROM file(${literal(file)}, Native)`,
      {
        format: "Null",
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function send(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  const gzip = (request.headers["accept-encoding"] ?? "").includes("gzip");
  response.writeHead(200, gzip ? { "Content-Encoding": "gzip" } : {});
  response.end(gzip ? gzipSync(bytes) : bytes);
}
