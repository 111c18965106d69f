import { readFileSync } from "node:fs";
import { z } from "zod";
import { PageQuery, pageOf } from "../core/page.ts";
import type { OpenAudit } from "../platform/audit/audit.ts";
import { AuditLine } from "../platform/audit/read.ts";
import { type Route, route } from "../platform/http/route.ts";
import type { Platform } from "../platform/platform.ts";
import { problemPage } from "./problem-page.ts";
import { VERSION } from "./version.ts";

const PlatformState = z.object({
  version: z.string(),
  node: z.object({ name: z.string(), tier: z.string(), sectors: z.array(z.string()) }),
  runtime: z.string(),
  startedAt: z.iso.datetime(),
  memoryBytes: z.number(),
  records: z.object({ dialect: z.string() }),
  events: z.object({
    dialect: z.string(),
    tables: z.array(z.object({ table: z.string(), rows: z.number(), bytes: z.number() })),
  }),
  mailConfigured: z.boolean(),
  parts: z.array(z.object({ part: z.string(), ready: z.boolean(), reason: z.string().optional() })),
});

const AuditReport = z.object({
  rows: z.number(),
  checkpoints: z.number(),
  faults: z.array(z.object({ seq: z.number(), message: z.string() })),
});

/** Health, readiness, figures and the audit log: the addresses by which a node is run. */
export function platformRoutes(parts: {
  platform: Platform;
  audit: OpenAudit;
  ready: readonly { part: string; check: () => Promise<void> }[];
}): Route[] {
  const { platform, audit } = parts;
  const startedAt = platform.clock.now();
  const problems = problemPage(readFileSync(new URL("../../docs/problems.md", import.meta.url), "utf8"));
  const checks = [
    { part: "records", check: () => platform.records.ping() },
    { part: "events", check: () => platform.events.ping() },
    ...parts.ready,
  ];
  const states = () =>
    Promise.all(
      checks.map(async ({ part, check }) => {
        try {
          await check();
          return { part, ready: true };
        } catch (error) {
          return { part, ready: false, reason: error instanceof Error ? error.message : String(error) };
        }
      }),
    );
  return [
    route({
      id: "platform.health",
      method: "GET",
      path: "/healthz",
      summary: "The process is alive",
      needs: "public",
      response: z.object({ status: z.literal("alive") }),
      handler: async () => ({ status: "alive" as const }),
    }),
    route({
      id: "platform.ready",
      method: "GET",
      path: "/readyz",
      summary: "Every part can work; 503 with the parts that cannot",
      needs: "public",
      response: z.object({
        ready: z.boolean(),
        parts: z.array(z.object({ part: z.string(), ready: z.boolean() })),
      }),
      handler: async ({ reply }) => {
        const all = await states();
        const ready = all.every((each) => each.ready);
        if (!ready) reply.status(503);
        return { ready, parts: all.map(({ part, ready }) => ({ part, ready })) };
      },
    }),
    route({
      id: "platform.metrics",
      method: "GET",
      path: "/metrics",
      summary: "Figures in Prometheus' text form",
      needs: "platform:read",
      response: z.unknown(),
      produces: ["text/plain"],
      handler: async ({ reply }) =>
        reply.header("content-type", platform.metrics.contentType).send(await platform.metrics.text()),
    }),
    route({
      id: "platform.state",
      method: "GET",
      path: "/api/v1/platform",
      summary: "Versions, stores, readiness",
      needs: "platform:read",
      response: PlatformState,
      handler: async () => ({
        version: VERSION,
        node: platform.config.node,
        runtime: `Node ${process.versions.node}`,
        startedAt,
        memoryBytes: process.memoryUsage.rss(),
        records: { dialect: platform.records.dialect },
        events: {
          dialect: platform.events.dialect,
          tables: (await platform.events.sizes()).map(({ table, rows, bytes }) => ({ table, rows, bytes })),
        },
        mailConfigured: platform.mailer.configured,
        parts: await states(),
      }),
    }),
    route({
      id: "platform.problems",
      method: "GET",
      path: "/docs/problems",
      summary: "What each problem code means and what to do",
      needs: "public",
      response: z.unknown(),
      produces: ["text/html"],
      handler: async ({ reply }) => reply.header("content-type", "text/html; charset=utf-8").send(problems),
    }),
    route({
      id: "audit.list",
      method: "GET",
      path: "/api/v1/audit",
      summary: "The audit log, newest first",
      needs: "audit:read",
      query: PageQuery.extend({
        action: z.string().max(100).optional(),
        subject: z.string().max(100).optional(),
        actor: z.string().max(100).optional(),
        from: z.iso.datetime().optional(),
        to: z.iso.datetime().optional(),
      }),
      response: pageOf(AuditLine),
      handler: ({ query, within }) => within((work) => audit.read(work, query)),
    }),
    route({
      id: "audit.verify",
      method: "POST",
      path: "/api/v1/audit/verify",
      summary: "Checks the hash chain and its signed checkpoints from end to end",
      needs: "audit:read",
      perMinute: 6,
      response: AuditReport,
      handler: async () => {
        const report = await audit.verify();
        return { ...report, faults: [...report.faults] };
      },
    }),
  ];
}
