import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { decodingOf } from "../../../core/encoding.ts";
import type { OrgId } from "../../../core/org.ts";
import { Problem } from "../../../core/problem.ts";
import type { Scope } from "../../../core/scope.ts";
import type { EventStore } from "../../../platform/events/store.ts";
import { isGzip } from "../../../platform/http/gzip.ts";
import { type Route, route } from "../../../platform/http/route.ts";
import type { Log } from "../../../platform/log/log.ts";
import { isParserChoice, parserIds } from "../parsers/line.ts";
import { PARSERS } from "../parsers/list.ts";
import type { BatchFormat, BatchLines } from "../pipeline/batch.ts";
import type { PipelinePool } from "../pipeline/pool.ts";
import { readBody } from "./body.ts";
import type { Budget } from "./budget.ts";
import { isStoreTrouble, type StoreHealth } from "./health.ts";
import type { Ingest } from "./ingest.ts";
import { headerOfRequest } from "./log-header.ts";
import {
  AllowSilence,
  IngestAnswer,
  IngestQuery,
  IngestSource,
  IngestSummary,
  LogDetail,
  LogFilter,
  LogPage,
  LogQuery,
  LogTimes,
  LogValues,
  ParserInfo,
  SourceFilter,
  SourcePage,
  SourceQuery,
  ValueField,
} from "./model.ts";
import { findLog, searchLogs } from "./search.ts";
import { logTimes, logValues } from "./search-shape.ts";
import { SourceList } from "./source-list.ts";
import type { Source } from "./sources.ts";

/** When a sender may try again after the stores failed. */
const STORE_SECONDS = 10;

export interface IngestRouteParts {
  readonly ingest: Pick<Ingest, "ingest" | "refused">;
  readonly health: StoreHealth;
  readonly log: Log;
  readonly pool: Pick<PipelinePool, "check">;
  readonly budget: Budget;
  readonly events: EventStore;
  readonly maxBodyBytes: number;
  readonly maxLineBytes: number;
  readonly orgByName: (name: string) => Promise<OrgId | undefined>;
}

/** Logs in, how their sources do, and the search over what is stored. */
export function ingestRoutes(parts: IngestRouteParts): Route[] {
  return [
    route({
      id: "ingest.logs",
      method: "POST",
      path: "/ingest/logs",
      summary:
        "Take in log lines (text/plain) or records (application/x-ndjson), gzip or not, once per Idempotency-Key",
      needs: "logs:ingest",
      query: IngestQuery,
      rawBody: true,
      response: IngestAnswer,
      handler: ({ scope, query, request }) => takeLogs(parts, scope, query, request),
    }),
    route({
      id: "ingest.sources",
      method: "GET",
      path: "/api/v1/ingest/sources",
      summary: "How each source of logs does",
      needs: "platform:read",
      query: SourceQuery,
      response: SourcePage,
      handler: ({ within, query }) => within((work) => new SourceList(work).list(query)),
    }),
    route({
      id: "ingest.summary",
      method: "GET",
      path: "/api/v1/ingest/summary",
      summary: "How the sources of logs do in sum",
      needs: "platform:read",
      query: SourceFilter,
      response: IngestSummary,
      handler: ({ within, query }) => within((work) => new SourceList(work).summary(query)),
    }),
    route({
      id: "ingest.allow-silence",
      method: "POST",
      path: "/api/v1/ingest/sources/silence",
      summary: "Says how long a source may be silent before an alert is raised",
      needs: "alerts:work",
      body: AllowSilence,
      response: IngestSource,
      handler: ({ within, body }) =>
        within((work) => new SourceList(work).allowSilence(body.orgId, body.name, body.silentAfterMinutes)),
    }),
    route({
      id: "ingest.parsers",
      method: "GET",
      path: "/api/v1/ingest/parsers",
      summary: "The products whose logs are understood",
      needs: "self:use",
      response: z.object({ items: z.array(ParserInfo) }),
      handler: async () => ({ items: PARSERS.map(({ id, product }) => ({ id, product })) }),
    }),
    route({
      id: "logs.list",
      method: "GET",
      path: "/api/v1/logs",
      summary: "Log records, filtered, newest first",
      needs: "logs:read",
      query: LogQuery,
      response: LogPage,
      handler: ({ scope, query, reply }) => searchLogs(parts.events, scope, query, whileWanted(reply)),
    }),
    route({
      id: "logs.times",
      method: "GET",
      path: "/api/v1/logs/times",
      summary: "How the filtered log records lie in time",
      needs: "logs:read",
      query: LogFilter,
      response: LogTimes,
      handler: ({ scope, query, reply }) => logTimes(parts.events, scope, query, whileWanted(reply)),
    }),
    route({
      id: "logs.values",
      method: "GET",
      path: "/api/v1/logs/values/:field",
      summary: "The commonest values of a column among the filtered log records",
      needs: "logs:read",
      params: z.object({ field: ValueField }),
      query: LogFilter,
      response: LogValues,
      handler: ({ scope, params, query, reply }) =>
        logValues(parts.events, scope, { field: params.field, query, signal: whileWanted(reply) }),
    }),
    route({
      id: "logs.get",
      method: "GET",
      path: "/api/v1/logs/:eventId",
      summary: "One log record with all its fields",
      needs: "logs:read",
      params: z.object({ eventId: z.uuid() }),
      response: LogDetail,
      handler: ({ scope, params, reply }) => findLog(parts.events, scope, params.eventId, whileWanted(reply)),
    }),
  ];
}

/** Ends a query whose answer nobody waits for any more: the caller left, or the request took too long. */
function whileWanted(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort(new Problem("http.timeout")));
  return gone.signal;
}

async function takeLogs(
  parts: IngestRouteParts,
  scope: Scope,
  query: z.output<typeof IngestQuery>,
  request: FastifyRequest,
): Promise<IngestAnswer> {
  const source: Source = {
    orgId: await ownOrg(parts, scope, query.org),
    name: query.source ?? scope.actor.name.slice(0, 80),
    channel: "http",
    parser: query.parser,
    timeZone: query.timeZone,
    encoding: decodingOf(query.encoding),
  };
  try {
    refuseUnknownParser(query.parser);
    const answer = await takeBody(parts, scope, source, request);
    parts.health.worked();
    return answer;
  } catch (error) {
    if (!(error instanceof Problem) && isStoreTrouble(error)) {
      // The sender keeps what it has and comes again; its key makes sure that nothing is twice.
      if (!parts.health.failing)
        parts.log.error({ err: error, source: source.name }, "logs could not be stored");
      parts.health.failed(error);
      throw new Problem("ingest.busy", {
        detail: "the logs cannot be stored now",
        retryAfter: STORE_SECONDS,
      });
    }
    if (error instanceof Problem && error.code !== "ingest.busy") {
      // That the count failed must not hide what was refused and why.
      await parts.ingest
        .refused(source, 1, { code: error.code, detail: error.detail ?? "" })
        .catch(() => undefined);
    }
    throw error;
  }
}

function refuseUnknownParser(parser: string): void {
  if (isParserChoice(parser)) return;
  const message = `no parser "${parser}"; there are auto, ${parserIds().join(", ")}`;
  throw new Problem("ingest.unknown-parser", {
    detail: message,
    faults: [{ path: "query.parser", message }],
  });
}

/** Batches of one body under way: one is parsed while the one before it is stored. */
const AT_ONCE = 2;

async function takeBody(
  parts: IngestRouteParts,
  scope: Scope,
  source: Source,
  request: FastifyRequest,
): Promise<IngestAnswer> {
  const given = idempotencyKey(request);
  const format = formatOf(request);
  if (format === "ndjson" && source.encoding !== undefined) {
    const message = "records in JSON are UTF-8 (RFC 8259)";
    throw new Problem("http.invalid", { faults: [{ path: "query.encoding", message }] });
  }
  const body = await readBody(request.body as Readable, {
    header: headerOfRequest(request.headers),
    gzip: isGzip(request),
    format,
    encoding: source.encoding,
    parser: source.parser,
    maxBytes: parts.maxBodyBytes,
    maxLineBytes: parts.maxLineBytes,
    budget: parts.budget,
  });
  try {
    await refuseFaults(parts, body.batches);
    const key = given ?? body.sha256;
    const sum = { received: 0, stored: 0, unparsed: 0, invalidUtf8: 0, alerts: 0 };
    let next = 0;
    const take = async (): Promise<void> => {
      for (let index = next++; index < body.batches.length; index = next++) {
        const batch = body.batches[index] as BatchLines;
        const of = { ...batch, key: `${key}/${index}`, sha256: body.sha256, sentBy: scope.actor.id };
        let done = await parts.ingest.ingest(source, of);
        // Cut elsewhere when it came before, by an older version: what is twice is better than what is lost.
        if (batch.lines !== undefined && done.received < batch.lines)
          done = await parts.ingest.ingest(source, { ...of, key: `${of.key}/${batch.lines}` });
        sum.received += done.received;
        sum.stored += done.received;
        sum.unparsed += done.unparsed;
        sum.invalidUtf8 += done.invalidUtf8;
        sum.alerts += done.alerts;
      }
    };
    const taken = await Promise.allSettled(Array.from({ length: AT_ONCE }, take));
    for (const each of taken) if (each.status === "rejected") throw each.reason;
    return { batch: key, ...sum };
  } finally {
    body.release();
  }
}

/** The whole body is looked through before anything of it is stored. */
async function refuseFaults(parts: IngestRouteParts, batches: readonly BatchLines[]): Promise<void> {
  for (const batch of batches) {
    if (batch.format === "lines") return;
    const faults = await parts.pool.check(batch);
    const [first] = faults;
    if (first !== undefined)
      throw new Problem("ingest.bad-record", { detail: `${first.path}: ${first.message}`, faults });
  }
}

/** The organisation whose logs these are: the sender's own, or one that its scope covers. */
async function ownOrg(parts: IngestRouteParts, scope: Scope, asked: string | undefined): Promise<OrgId> {
  if (asked === undefined || asked === scope.orgId) return scope.orgId;
  const orgId = scope.orgIds.includes(asked) ? asked : await parts.orgByName(asked);
  if (orgId !== undefined && scope.orgIds.includes(orgId)) return orgId;
  const message = "not an organisation for which this account or key may send logs";
  throw new Problem("http.forbidden", { detail: message, faults: [{ path: "query.org", message }] });
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const given = request.headers["idempotency-key"];
  if (given === undefined || given === "") return undefined;
  if (typeof given === "string" && /^[\x21-\x7e]{1,200}$/.test(given)) return given;
  const message = "1 to 200 visible ASCII characters";
  throw new Problem("http.invalid", { faults: [{ path: "headers.idempotency-key", message }] });
}

/** Loosened for curl's --data-binary, which calls everything a form. */
const TEXT_TYPES = ["", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"];
const RECORD_TYPES = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

function formatOf(request: FastifyRequest): BatchFormat {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (TEXT_TYPES.includes(type)) return "lines";
  if (RECORD_TYPES.includes(type)) return "ndjson";
  throw new Problem("http.media-type", { detail: `${type}: text/plain or application/x-ndjson` });
}
