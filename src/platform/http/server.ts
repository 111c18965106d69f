import { constants } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { ServerOptions } from "node:https";
import { join } from "node:path";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import fastifyStatic from "@fastify/static";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import { z } from "zod";
import { Problem } from "../../core/problem.ts";
import { may, type Scope } from "../../core/scope.ts";
import type { Config } from "../config/config.ts";
import { uuidV7 } from "../crypto/digest.ts";
import { MODERN_TLS } from "../crypto/tls.ts";
import type { Log } from "../log/log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Records } from "../records/work.ts";
import type { Authenticate, Caller } from "./authenticate.ts";
import { nulFaults, readJsonBodies } from "./body-text.ts";
import { SECURITY_SCHEMES, securityOf } from "./docs.ts";
import { refuseForeignOrigin, refuseForgery } from "./forgery.ts";
import { asProblem, faultsOf, refuseBrokenRequest, sendProblem } from "./problems.ts";
import { NO_QUERY, unknownParameters } from "./query.ts";
import type { Route } from "./route.ts";

export interface ServerParts {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly records: Records;
  readonly authenticate: Authenticate;
  readonly routes: readonly Route[];
  /** A scope that sees nothing, for public routes. */
  readonly nobody: Scope;
  /** Folder of the built console; without it only the API answers. */
  readonly consoleFolder?: string;
  readonly version: string;
}

const CONTENT_SECURITY = {
  "default-src": ["'self'"],
  "script-src": ["'self'"],
  // Ant Design writes its styles into the page at run time.
  "style-src": ["'self'", "'unsafe-inline'"],
  "img-src": ["'self'", "data:"],
  "connect-src": ["'self'"],
  "font-src": ["'self'", "data:"],
  "object-src": ["'none'"],
  "base-uri": ["'self'"],
  "form-action": ["'self'"],
  "frame-ancestors": ["'none'"],
};

/** The HTTP surface: every route of every system behind the same checks. Not yet listening. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const { config, log, metrics } = parts;
  const app = Fastify({
    logger: false,
    genReqId: () => uuidV7(),
    bodyLimit: config.http.bodyLimit,
    // The whole body must be here by then, also a large one over a slow line.
    requestTimeout: config.http.timeoutSeconds * 10_000,
    trustProxy: config.http.trustedProxy ?? false,
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 400 },
    // An address that cannot be decoded never reaches a route, and so not the error handler.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, asProblem(error, request, log), rendererAt(parts.routes, request.url)),
    clientErrorHandler: refuseBrokenRequest,
    ...(config.http.tls === undefined ? {} : { https: tlsOptions(config.http.tls) }),
  } as Parameters<typeof Fastify>[0]) as unknown as FastifyInstance;
  const callers = new WeakMap<FastifyRequest, Caller>();

  app.setValidatorCompiler(({ schema, httpPart }) => (value: unknown) => {
    const part = httpPart ?? "request";
    const read = (schema as z.ZodType).safeParse(value ?? {});
    const faults = [
      ...(read.success ? nulFaults(part, value) : faultsOf(read.error, part)),
      ...(part === "querystring" ? unknownParameters(schema as z.ZodType, part, value) : []),
    ];
    return read.success && faults.length === 0
      ? { value: read.data }
      : { error: new Problem("http.invalid", { faults }) };
  });
  app.setSerializerCompiler(
    ({ schema }) =>
      (value) =>
        JSON.stringify((schema as z.ZodType).parse(value)),
  );
  app.setErrorHandler((error: Error, request, reply) => {
    const config = request.routeOptions.config as { renderProblem?: Route["renderProblem"] } | undefined;
    return sendProblem(reply, asProblem(error, request, log), config?.renderProblem);
  });

  const seconds = metrics.histogram("http_request_seconds", "Time to answer a request", ["route", "status"]);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "unknown";
    seconds.observe({ route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    log.debug({ requestId: request.id, method: request.method, route, status: reply.statusCode }, "answered");
    // A body refused halfway is read past, or the next request of the connection would wait behind it.
    request.raw.resume();
  });

  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY },
    hsts: config.http.tls !== undefined || config.http.trustedProxy !== undefined,
    referrerPolicy: { policy: "no-referrer" },
    // The same as frame-ancestors for those who do not know it; the default would allow what that forbids.
    xFrameOptions: { action: "deny" },
  });
  await app.register(cookie);
  await app.register(rateLimit, {
    global: false,
    hook: "preHandler",
    max: config.http.perMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => callers.get(request)?.scope.actor.id ?? request.ip,
    errorResponseBuilder: (_request, context) =>
      new Problem("http.rate-limited", { retryAfter: context.ttl / 1000 }),
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Lianfang 聯防", version: parts.version },
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    transform: jsonSchemaTransform,
  });

  const admit = (route: Route) => async (request: FastifyRequest) => {
    if (route.needs === "public") {
      if (route.method !== "GET") refuseForeignOrigin(request);
      return;
    }
    const caller = await parts.authenticate(request);
    if (caller === undefined) throw new Problem("http.unauthenticated");
    if (caller.owes !== undefined && route.duringEnrolment !== true) throw new Problem(caller.owes);
    if (caller.csrfToken !== undefined) refuseForgery(request, caller.csrfToken);
    if (!may(caller.scope, route.needs))
      throw new Problem("http.forbidden", { detail: `this needs ${route.needs}` });
    callers.set(request, caller);
  };

  const respond = (route: Route) => async (request: FastifyRequest, reply: FastifyReply) => {
    const scope = { ...(callers.get(request)?.scope ?? parts.nobody), requestId: request.id };
    const answer = await route.handler({
      scope,
      params: request.params,
      query: request.query,
      body: request.body,
      request,
      reply,
      within: (run) => parts.records.within(scope, run),
    });
    if (reply.sent || answer === reply) return reply;
    if (isVoid(route.response)) return reply.status(204).send();
    if (reply.statusCode === 200 && route.status !== undefined) reply.status(route.status);
    return reply.send(answer);
  };

  const declare = (server: FastifyInstance, route: Route) => {
    server.route({
      method: route.method,
      url: route.path,
      ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
      // Streams in and out take as long as they take.
      ...(route.rawBody === true || route.produces !== undefined
        ? {}
        : { handlerTimeout: config.http.timeoutSeconds * 1000 }),
      schema: {
        operationId: route.id,
        summary: route.summary,
        tags: [route.id.split(".")[0] ?? "other"],
        description: route.needs === "public" ? "Open to all." : `Needs \`${route.needs}\`.`,
        hide: route.hidden === true,
        security: securityOf(route),
        ...(route.params === undefined ? {} : { params: route.params }),
        // What is open to all is asked with what others put there: probes, mail filters, links.
        ...(route.query !== undefined || route.needs !== "public"
          ? { querystring: route.query ?? NO_QUERY }
          : {}),
        ...(route.body === undefined || route.rawBody === true ? {} : { body: route.body }),
        ...(route.produces !== undefined || isVoid(route.response)
          ? {}
          : { response: { [route.status ?? 200]: route.response } }),
      } as Record<string, unknown>,
      config: {
        rateLimit: { max: route.perMinute ?? config.http.perMinute },
        renderProblem: route.renderProblem,
      } as Record<string, unknown>,
      onRequest: admit(route),
      handler: respond(route),
    });
  };

  await app.register(async (json) => {
    json.removeContentTypeParser("text/plain");
    readJsonBodies(json);
    for (const route of parts.routes.filter((each) => each.rawBody !== true)) declare(json, route);
  });
  await app.register(async (raw) => {
    raw.removeAllContentTypeParsers();
    raw.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    for (const route of parts.routes.filter((each) => each.rawBody === true)) declare(raw, route);
  });

  await app.register(swaggerUi, {
    routePrefix: "/api/docs",
    theme: { title: "Lianfang 聯防 API" },
    uiConfig: { validatorUrl: null },
  });
  await serveConsole(app, parts);
  return app;
}

/**
 * TLS of the node. Nobody is refused for his certificate here; whom one stands for is for `authenticate` to say. Browsers
 * offer those whose authority is on the list that is sent: without `clientCa` it is one that signed none.
 */
function tlsOptions(tls: NonNullable<Config["http"]["tls"]>): ServerOptions {
  const own = { cert: readFileSync(tls.cert), key: readFileSync(tls.key), ...MODERN_TLS };
  if (!tls.clientCertificates) return own;
  return {
    ...own,
    ca: readFileSync(tls.clientCa ?? tls.cert),
    ...(tls.clientCrl === undefined ? {} : { crl: readFileSync(tls.clientCrl) }),
    requestCert: true,
    rejectUnauthorized: false,
    // A resumed session would show the certificate of an earlier day.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** How a refusal looks at an address that met no route: as below the prefix that a standard has for itself. */
function rendererAt(routes: readonly Route[], url: string): Route["renderProblem"] {
  return routes.find(({ path, renderProblem }) => {
    return renderProblem !== undefined && path.endsWith("/*") && url.startsWith(path.slice(0, -1));
  })?.renderProblem;
}

function isVoid(schema: z.ZodType): boolean {
  return schema instanceof z.ZodVoid;
}

/** The built console: hashed assets for ever, the page itself never cached; unknown paths of the console get the page. */
async function serveConsole(
  app: FastifyInstance,
  { consoleFolder: folder, routes }: Pick<ServerParts, "consoleFolder" | "routes">,
): Promise<void> {
  const page = folder === undefined ? undefined : join(folder, "index.html");
  if (folder !== undefined && page !== undefined && existsSync(page)) {
    await app.register(fastifyStatic, {
      root: join(folder, "assets"),
      prefix: "/assets/",
      preCompressed: true,
      maxAge: "365d",
      immutable: true,
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "/";
    const reserved = /^\/(api|taxii2|ingest|assets|metrics|healthz|readyz)(\/|$)/.test(path);
    const wantsPage =
      request.method === "GET" &&
      !reserved &&
      (path === "/" || (request.headers.accept ?? "").includes("html"));
    if (!wantsPage || page === undefined || !existsSync(page))
      return sendProblem(reply, new Problem("http.not-found"), rendererAt(routes, path));
    // Read each time: the page names its scripts by their hash, and a console built anew must not find an old page.
    reply.header("content-type", "text/html; charset=utf-8").header("cache-control", "no-store");
    return reply.send(await readFile(page, "utf8"));
  });
}
