import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Permission } from "../../../core/access.ts";
import { Problem } from "../../../core/problem.ts";
import type { Scope } from "../../../core/scope.ts";
import { type Method, type Route, route } from "../../../platform/http/route.ts";
import type { Work } from "../../../platform/records/work.ts";
import { type Collection, CollectionStore } from "./collection-store.ts";
import { acceptsTaxii, TAXII_TYPE } from "./media-type.ts";
import { taxiiProblem } from "./problem.ts";

/** The one API root of a node. */
export const API_ROOT = "lianfang";

/** What a TAXII handler works with: the request's path and filters, and one unit of work. */
export interface TaxiiCall {
  readonly scope: Scope;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  within<T>(run: (work: Work) => Promise<T>): Promise<T>;
}

/** A route that answers and refuses in the media type of TAXII 2.1 (section 1.6.8). */
export function taxii(
  name: string,
  method: Method,
  path: string,
  summary: string,
  answer: (call: TaxiiCall) => Promise<object | Buffer>,
  needs: Permission = "taxii:read",
): Route {
  return route({
    id: `taxii.${name}`,
    method,
    path,
    summary,
    needs,
    params: z.record(z.string(), z.string()),
    query: z.record(z.string(), z.unknown()),
    response: z.unknown(),
    produces: [TAXII_TYPE],
    renderProblem: taxiiProblem,
    async handler(call) {
      if (!acceptsTaxii(call.request.headers.accept))
        throw new Problem("http.not-acceptable", { detail: `this answers ${TAXII_TYPE}` });
      const body = await answer(call);
      call.reply.header("content-type", TAXII_TYPE).header("cache-control", "no-store");
      return Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    },
  });
}

/** A route below the API root. */
export function inRoot(...[name, method, path, summary, answer, needs]: Parameters<typeof taxii>): Route {
  return taxii(
    name,
    method,
    `/taxii2/:apiRoot/${path}`,
    summary,
    (call) => {
      if (call.params["apiRoot"] !== API_ROOT) throw new Problem("http.not-found");
      return answer(call);
    },
    needs,
  );
}

/** The collection of the address, by id or alias; Problem http.not-found. */
export function collectionOf(work: Work, call: TaxiiCall): Promise<Collection> {
  return new CollectionStore(work).get(call.params["collectionId"] ?? "");
}
