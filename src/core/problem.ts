import type { ReasonFacts } from "./reason.ts";

/**
 * Every refusal the product can give (RFC 9457). The code is the stable name; docs/problems.md explains each.
 * `title` is for people in English; the console and mails translate the code.
 */
export const PROBLEMS = {
  "http.invalid": { status: 400, title: "The request does not match the contract" },
  "http.unauthenticated": { status: 401, title: "Sign in or present a key" },
  "http.forbidden": { status: 403, title: "The role does not hold the right this needs" },
  "http.csrf": { status: 403, title: "The request does not come from the console that signed in" },
  "http.not-found": { status: 404, title: "There is nothing here that you may see" },
  "http.method": { status: 405, title: "The address does not take this method" },
  "http.not-acceptable": { status: 406, title: "No representation fits the Accept header" },
  "http.conflict": { status: 409, title: "The state changed meanwhile" },
  "http.too-large": { status: 413, title: "The body is larger than allowed" },
  "http.media-type": { status: 415, title: "The body's media type is not taken here" },
  "http.rate-limited": { status: 429, title: "Too many requests" },
  "http.internal": { status: 500, title: "Something broke; the request id finds it in the log" },
  "http.timeout": { status: 503, title: "The request took too long and was stopped" },
  "members.wrong-credentials": { status: 401, title: "Name, password or code is wrong" },
  "members.locked": { status: 429, title: "Too many failures; wait before the next try" },
  "members.second-factor-needed": { status: 401, title: "A one-time code is needed" },
  "members.password-change-needed": { status: 403, title: "Choose your own password first" },
  "members.enrolment-needed": { status: 403, title: "Set up the one-time code first" },
  "members.weak-password": { status: 400, title: "The password is too easy to guess" },
  "members.name-taken": { status: 409, title: "The name is taken" },
  "members.tree-circle": { status: 409, title: "An organisation cannot be below itself" },
  "ingest.bad-gzip": { status: 400, title: "The gzip stream is broken" },
  "ingest.line-too-long": { status: 413, title: "A line is longer than allowed" },
  "ingest.unknown-parser": { status: 400, title: "No parser has that name" },
  "ingest.bad-record": { status: 400, title: "A record is not valid JSON" },
  "ingest.key-reused": { status: 409, title: "The idempotency key was used with another body" },
  "ingest.busy": { status: 503, title: "The node is full for the moment; send again later" },
  "rules.trial-busy": { status: 503, title: "Too many rules are tried at once; try again later" },
  "alerts.already-closed": { status: 409, title: "The alert is already closed" },
  "alerts.already-raised": { status: 409, title: "The alert already belongs to an incident" },
  "incidents.already-closed": { status: 409, title: "The incident is already closed" },
  "incidents.wrong-state": { status: 409, title: "The incident is not in a state for this step" },
  "incidents.own-review": { status: 403, title: "Who reported the level may not review it" },
  "intel.peer-fault": { status: 502, title: "The peer does not answer as TAXII 2.1 wants it" },
  "taxii.unprocessable": { status: 422, title: "The body is read, and cannot be processed" },
  "intel.tlp-exceeded": { status: 403, title: "The marking exceeds the reader's clearance" },
  "intel.not-keeper": { status: 403, title: "Only who keeps an object decides about it" },
  "intel.not-own": { status: 409, title: "Only an indicator of this node gets a later end" },
  "intel.wrong-state": { status: 409, title: "The item is not in a state for this step" },
  "intel.own-approval": { status: 403, title: "Who drafted the item may not approve it" },
  "intel.leaks": { status: 409, title: "The item still holds something that must not leave" },
  "intel.recipients": { status: 409, title: "The marking does not allow these recipients" },
  "intel.preview-stale": { status: 409, title: "The item changed since it was reviewed" },
  "intel.unknown-format": { status: 400, title: "The file is in none of the formats that can be imported" },
  "intel.import-state": { status: 409, title: "The import is not in a state for this step" },
  "taxii.busy": { status: 503, title: "Others push as much as the node takes at once; send again later" },
  "taxii.bad-filter": { status: 400, title: "A filter of the request is not valid" },
  "config.invalid": { status: 500, title: "The configuration has faults" },
  "records.newer": { status: 500, title: "The records store was written by a newer program" },
  "records.changed": { status: 500, title: "A migration has another text than the one that was applied" },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** One fault with its place: a JSON path, a field, a line or a byte. */
export interface Fault {
  readonly path: string;
  readonly message: string;
  /** The rule that is broken, as a standard or format names it. */
  readonly rule?: string | undefined;
  /** The message's key among the console's texts, `intel:why.tag-alone`, and what stands in it. */
  readonly key?: string | undefined;
  readonly facts?: ReasonFacts | undefined;
}

/** Thrown to refuse; the HTTP layer answers it as `application/problem+json`, the CLI prints it. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly faults: readonly Fault[];
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ProblemCode,
    options: { detail?: string; faults?: readonly Fault[]; retryAfter?: number } = {},
  ) {
    super(`${code}: ${options.detail ?? PROBLEMS[code].title}`);
    this.code = code;
    this.detail = options.detail;
    this.faults = options.faults ?? [];
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}
