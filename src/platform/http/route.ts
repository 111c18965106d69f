import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Permission } from "../../core/access.ts";
import type { Problem } from "../../core/problem.ts";
import type { Scope } from "../../core/scope.ts";
import type { Work } from "../records/work.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

type Shape = z.ZodType;
type Read<S> = S extends z.ZodType ? z.output<S> : undefined;

/** What a handler is given. `within` runs one unit of work on the records store under the caller's scope. */
export interface Call<P, Q, B> {
  readonly scope: Scope;
  readonly params: Read<P>;
  readonly query: Read<Q>;
  readonly body: Read<B>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  within<T>(run: (work: Work) => Promise<T>): Promise<T>;
}

/** A refusal as it leaves; `headers` come on top of those that every refusal has, or in their place. */
export interface RenderedProblem {
  readonly contentType: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One address of the product: declared, checked, then one call. Contracts are zod; OpenAPI, validation and the
 * access test are made from this value, so nothing about a route lives anywhere else.
 */
export interface RouteContract<
  P extends Shape | undefined,
  Q extends Shape | undefined,
  B extends Shape | undefined,
  R extends Shape,
> {
  /** `alerts.close`: unique; the OpenAPI operation id and the row of the access test. */
  readonly id: string;
  readonly method: Method;
  /** Fastify path, `/api/v1/alerts/:id/close`. */
  readonly path: string;
  readonly summary: string;
  /** The one right it needs; `public` needs none and gets a scope that sees nothing. */
  readonly needs: Permission | "public";
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Shape of the answer; `z.void()` answers 204, `z.unknown()` with a `reply.send` of its own is for streams. */
  readonly response: R;
  /** 200 unless told; 201 for what makes a thing. */
  readonly status?: number;
  /** The body arrives as the raw stream `request.raw`-like Readable in `request.body`; no JSON is read. */
  readonly rawBody?: boolean;
  /** Largest body in bytes; the node's default otherwise. */
  readonly bodyLimit?: number;
  /** Calls a minute for one account, key or (when public) address; the node's default otherwise. */
  readonly perMinute?: number;
  /** Media types of the answer other than application/json. */
  readonly produces?: readonly string[];
  /** The addresses of the OpenAPI page and other text that no contract describes. */
  readonly hidden?: boolean;
  /** How a refusal looks where a standard has its own form (TAXII 2.1 section 3.6.1); RFC 9457 otherwise. */
  readonly renderProblem?: (problem: Problem, requestId: string) => RenderedProblem;
  /** May be called while the account still owes a password change or the enrolment of its second factor. */
  readonly duringEnrolment?: boolean;
  handler(call: Call<P, Q, B>): Promise<z.input<R>>;
}

/** A contract whose shapes are forgotten, for lists. */
// biome-ignore lint/suspicious/noExplicitAny: a list of routes of different shapes has no common shape.
export type Route = RouteContract<any, any, any, any>;

/** Declares a route; exists so that the handler's types follow from the contract. */
export function route<
  R extends Shape,
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends Shape | undefined = undefined,
>(contract: RouteContract<P, Q, B, R>): Route {
  return contract;
}
