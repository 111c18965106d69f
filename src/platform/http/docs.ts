import type { Route } from "./route.ts";

/** How one signs in, as OpenAPI says it (securitySchemes). */
export const SECURITY_SCHEMES = {
  session: {
    type: "apiKey",
    in: "cookie",
    name: "lianfang_session",
    description:
      "A person: `POST /api/v1/session` with name, password and one-time code sets the cookie. Every call that changes something also bears `x-csrf-token`, with the csrfToken that `GET /api/v1/session` answers.",
  },
  csrf: {
    type: "apiKey",
    in: "header",
    name: "x-csrf-token",
    description: "Beside the session's cookie on every method but GET; a key needs none.",
  },
  key: {
    type: "http",
    scheme: "bearer",
    description:
      "A machine: an API key (API 金鑰, or `lianfang keys issue`) that holds the right which the call needs.",
  },
  basic: {
    type: "http",
    scheme: "basic",
    description: "TAXII alone: the API key as the password, with any user name (TAXII 2.1, 8.2.2).",
  },
} as const;

/** Which of them open a route: any one of the list; nothing where it is open to all. */
export function securityOf({ needs, method, path }: Pick<Route, "needs" | "method" | "path">): object[] {
  if (needs === "public") return [];
  const session = method === "GET" ? { session: [] } : { session: [], csrf: [] };
  return [{ key: [] }, ...(path.startsWith("/taxii2/") ? [{ basic: [] }] : []), session];
}
