import { type Fault, PROBLEMS, type ProblemCode } from "../core/problem.ts";

export type Query = Readonly<Record<string, string | number | boolean | undefined | null>>;

/** What a list answers: one page of rows, the cursor of the next, and how many there are by the filters. */
export interface ListAnswer<Row> {
  readonly items: readonly Row[];
  readonly next?: string | undefined;
  readonly total: number;
  /** More than `total` match; they are not counted further. */
  readonly more?: boolean;
}

/** `offline`: no answer came. `unreadable`: something that is not our server answered. */
export type RefusalCode = ProblemCode | "offline" | "unreadable";

/** A refusal of the server (RFC 9457) or the lack of any answer, as pages meet it. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly code: RefusalCode;
  readonly status: number;
  readonly detail: string | undefined;
  readonly faults: readonly Fault[];
  readonly requestId: string | undefined;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(
    code: RefusalCode,
    told: {
      status?: number;
      detail?: string | undefined;
      faults?: readonly Fault[];
      requestId?: string | undefined;
      retryAfter?: number | undefined;
    } = {},
  ) {
    super(told.detail ?? code);
    this.code = code;
    this.status = told.status ?? 0;
    this.detail = told.detail;
    this.faults = told.faults ?? [];
    this.requestId = told.requestId;
    this.retryAfter = told.retryAfter;
  }
}

let csrfToken: string | undefined;
let clockOffset = 0;
const refusalListeners = new Set<(problem: ApiProblem) => void>();

/** The session's token; sent with every change from now on. */
export function setCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

/** Told of every refusal: the shell learns by it that the session has ended. */
export function onRefusal(listener: (problem: ApiProblem) => void): () => void {
  refusalListeners.add(listener);
  return () => refusalListeners.delete(listener);
}

/** Milliseconds since 1970 by the node's clock: a workstation with a wrong clock still counts down rightly. */
export function serverNow(): number {
  return Date.now() + clockOffset;
}

function learnClock(response: Response): void {
  const told = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(told)) return;
  const offset = told + 500 - Date.now();
  clockOffset = Math.abs(offset) < 2_000 ? 0 : offset;
}

/** `path?a=1`, without the parameters that hold nothing. */
export function addressOf(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${text}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function factsOf(value: unknown): Record<string, string | number> {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.filter(([, fact]) => typeof fact === "string" || typeof fact === "number"),
  ) as Record<string, string | number>;
}

function faultsOf(value: unknown): Fault[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return [];
    const { path, message, rule, key, facts } = entry as Readonly<Record<string, unknown>>;
    if (typeof message !== "string") return [];
    return [
      {
        path: textOf(path) ?? "",
        message,
        ...(typeof rule === "string" ? { rule } : {}),
        ...(typeof key === "string" ? { key, facts: factsOf(facts) } : {}),
      },
    ];
  });
}

/** The refusal that a problem document tells; `unreadable` when the body is none. */
export function problemOf(status: number, body: unknown, headers: Headers): ApiProblem {
  const document = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const code = textOf(document.code);
  const seconds = Number(document.retryAfter ?? headers.get("retry-after") ?? Number.NaN);
  return new ApiProblem(code !== undefined && code in PROBLEMS ? (code as ProblemCode) : "unreadable", {
    status,
    detail: textOf(document.detail),
    faults: faultsOf(document.faults),
    requestId: textOf(document.requestId) ?? headers.get("x-request-id") ?? undefined,
    retryAfter: Number.isFinite(seconds) ? seconds : undefined,
  });
}

async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json, application/problem+json" };
  const raw = body instanceof Blob;
  if (body !== undefined) headers["content-type"] = raw ? "application/octet-stream" : "application/json";
  if (method !== "GET" && csrfToken !== undefined) headers["x-csrf-token"] = csrfToken;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new ApiProblem("offline");
  }
  learnClock(response);
  return response;
}

function refused(response: Response, answer: unknown): ApiProblem {
  const problem = problemOf(response.status, answer, response.headers);
  for (const listener of refusalListeners) listener(problem);
  return problem;
}

async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await ask(method, path, body, signal);
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer as T;
  throw refused(response, answer);
}

/** The lines of an answer in NDJSON, each as soon as it is there. */
async function* lines<T>(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<T> {
  const response = await ask("POST", path, body, signal);
  if (!response.ok || response.body === null)
    throw refused(response, await response.json().catch(() => undefined));
  let kept = "";
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const whole = (kept + decoder.decode(part.value, { stream: true })).split("\n");
    kept = whole.pop() ?? "";
    for (const line of whole) yield JSON.parse(line) as T;
  }
  if (kept !== "") throw new ApiProblem("offline");
}

interface Reading {
  readonly query?: Query;
  readonly signal?: AbortSignal;
}

/** The node's HTTP surface. Every call throws `ApiProblem` when refused; a 204 answers undefined. */
export const api = {
  get: <T>(path: string, { query, signal }: Reading = {}): Promise<T> =>
    send<T>("GET", addressOf(path, query), undefined, signal),
  post: <T>(path: string, body: unknown = {}): Promise<T> => send<T>("POST", path, body),
  /** What is answered line by line; to abort ends it there, too. */
  lines,
  /** A file as it is. */
  upload: <T>(path: string, file: Blob, query: Query = {}): Promise<T> =>
    send<T>("POST", addressOf(path, query), file),
  put: <T>(path: string, body: unknown): Promise<T> => send<T>("PUT", path, body),
  patch: <T>(path: string, body: unknown): Promise<T> => send<T>("PATCH", path, body),
  del: <T = void>(path: string): Promise<T> => send<T>("DELETE", path),
};
