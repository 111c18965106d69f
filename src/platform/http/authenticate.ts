import type { FastifyRequest } from "fastify";
import type { Scope } from "../../core/scope.ts";

/** Who a request comes from, and what that way of coming obliges it to. */
export interface Caller {
  readonly scope: Scope;
  /** Set when the browser's cookie spoke: every change must then bear this token in `x-csrf-token`. */
  readonly csrfToken?: string;
  /** What the account owes before other routes open. */
  readonly owes?: "members.password-change-needed" | "members.enrolment-needed";
}

/** Given by the app; `undefined` = nobody. Throws Problem for credentials that are wrong rather than absent. */
export type Authenticate = (request: FastifyRequest) => Promise<Caller | undefined>;
