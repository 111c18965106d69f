import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { ConnectionError, FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { type Fault, PROBLEMS, Problem, type ProblemCode } from "../../core/problem.ts";
import { uuidV7 } from "../crypto/digest.ts";
import type { Log } from "../log/log.ts";
import type { RenderedProblem } from "./route.ts";

export const PROBLEM_TYPE = "application/problem+json";

/** The body of a refusal (RFC 9457); `code`, `faults` and `requestId` are extension members. */
export function problemBody(problem: Problem, requestId: string): Record<string, unknown> {
  return {
    type: `/docs/problems#${problem.code}`,
    title: PROBLEMS[problem.code].title,
    status: problem.status,
    code: problem.code,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    ...(problem.faults.length === 0 ? {} : { faults: problem.faults }),
    requestId,
  };
}

/** zod's issues as faults with a path such as `body.facts.0.leak`; of a union, those of the forms that come nearest. */
export function faultsOf(error: z.ZodError, part: string): Fault[] {
  return error.issues.flatMap((issue) => issueFaults(issue, [part]));
}

function issueFaults(issue: z.core.$ZodIssue, base: readonly string[]): Fault[] {
  const at = [...base, ...issue.path.map(String)];
  const path = at.join(".");
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [{ path, message: issue.message }];
  const forms = issue.errors.map((form) => form.flatMap((each) => issueFaults(each, at)));
  const properties = (form: readonly Fault[]) =>
    new Set(form.map((fault) => fault.path.slice(path.length).split(".", 2).join("."))).size;
  const fewest = Math.min(...forms.map(properties));
  const byPath = Map.groupBy(
    forms.filter((form) => properties(form) === fewest).flat(),
    (fault) => fault.path,
  );
  return [...byPath].map(([where, faults]) => ({
    path: where,
    message: [...new Set(faults.map(({ message }) => message))].join("; or "),
  }));
}

const FASTIFY_CODES: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "http.too-large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "http.media-type",
  FST_ERR_HANDLER_TIMEOUT: "http.timeout",
  FST_ERR_CTP_EMPTY_JSON_BODY: "http.invalid",
  FST_ERR_CTP_INVALID_JSON_BODY: "http.invalid",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "http.invalid",
  FST_ERR_BAD_URL: "http.invalid",
};

/** Every error as a Problem; what nobody foresaw is logged whole and told as `http.internal` without a word of it. */
export function asProblem(error: FastifyError | Problem | Error, request: FastifyRequest, log: Log): Problem {
  if (error instanceof Problem) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
  const known = FASTIFY_CODES[code];
  if (known !== undefined) return new Problem(known, { detail: detailOf(known, request) ?? error.message });
  if (status >= 400 && status < 500) return new Problem("http.invalid", { detail: error.message });
  log.error({ err: error, requestId: request.id, route: request.routeOptions.url }, "request failed");
  return new Problem("http.internal");
}

/** What the framework's own words leave out: the limit, and the type that came. */
function detailOf(code: ProblemCode, request: FastifyRequest): string | undefined {
  if (code === "http.too-large") return `the body is larger than ${request.routeOptions.bodyLimit} bytes`;
  if (code !== "http.media-type") return undefined;
  return `${request.headers["content-type"] ?? "no content-type"}: this takes application/json`;
}

export function sendProblem(
  reply: FastifyReply,
  problem: Problem,
  render?: (problem: Problem, requestId: string) => RenderedProblem,
): FastifyReply {
  if (problem.retryAfter !== undefined) reply.header("retry-after", Math.ceil(problem.retryAfter));
  if (problem.status === 401) reply.header("www-authenticate", "Bearer");
  const shown: RenderedProblem = render?.(problem, reply.request.id) ?? {
    contentType: PROBLEM_TYPE,
    body: problemBody(problem, reply.request.id),
  };
  return reply
    .headers(shown.headers ?? {})
    .status(problem.status)
    .header("content-type", shown.contentType)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(shown.body);
}

/** Answers bytes that are no HTTP request, for which there is no reply yet but the bare socket, and hangs up. */
export function refuseBrokenRequest(error: ConnectionError, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const slow = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
  const problem = new Problem(slow ? "http.timeout" : "http.invalid", { detail: error.message });
  const body = JSON.stringify(problemBody(problem, uuidV7()));
  const head = `content-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${head}\r\n\r\n${body}`);
}
