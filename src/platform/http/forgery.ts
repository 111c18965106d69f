import type { FastifyRequest } from "fastify";
import { Problem } from "../../core/problem.ts";
import { sameSecret } from "../crypto/digest.ts";

/**
 * Refuses a change that another site's page sent: by fetch metadata where the browser tells it, by `Origin` against
 * `Host` otherwise (OWASP CSRF prevention, "Fetch Metadata" and "Verifying Origin"). Programs send neither and pass.
 */
export function refuseForeignOrigin(request: FastifyRequest): void {
  const site = request.headers["sec-fetch-site"];
  if (typeof site === "string" && site !== "same-origin" && site !== "none") throw new Problem("http.csrf");
  const origin = request.headers.origin;
  if (origin === undefined) return;
  let host: string;
  try {
    host = new URL(origin).host;
  } catch {
    throw new Problem("http.csrf");
  }
  if (host !== request.host) throw new Problem("http.csrf");
}

/** For callers known by their cookie: a change also needs the session's token, which no other site can read. */
export function refuseForgery(request: FastifyRequest, csrfToken: string): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  refuseForeignOrigin(request);
  const given = request.headers["x-csrf-token"];
  if (typeof given !== "string" || !sameSecret(given, csrfToken)) throw new Problem("http.csrf");
}
