import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { PERMISSIONS } from "../core/access.ts";
import { type Clock, systemClock } from "../core/instant.ts";
import { openAudit } from "../platform/audit/audit.ts";
import { openBlobs } from "../platform/blobs/open.ts";
import type { Config } from "../platform/config/config.ts";
import { openNodeKey } from "../platform/crypto/node-key.ts";
import { openEvents } from "../platform/events/open.ts";
import type { Route } from "../platform/http/route.ts";
import { createServer } from "../platform/http/server.ts";
import { streamRoute } from "../platform/http/stream.ts";
import { openJobs } from "../platform/jobs/pg-boss.ts";
import { createLog, type Log } from "../platform/log/log.ts";
import { createMailer } from "../platform/mail/mailer.ts";
import { createMetrics } from "../platform/metrics/metrics.ts";
import { startOutbox } from "../platform/outbox/outbox.ts";
import type { Platform, Started } from "../platform/platform.ts";
import { openRecords } from "../platform/records/open.ts";
import {
  ensureFirstAdministrator,
  type FirstAdministrator,
  jobScope,
  nobodyScope,
} from "../systems/members/index.ts";
import { type LocalSocket, openLocalSocket } from "./local-socket.ts";
import { platformRoutes } from "./platform-routes.ts";
import { systems } from "./systems.ts";
import { VERSION } from "./version.ts";

export interface NodeOptions {
  readonly config: Config;
  readonly clock?: Clock;
  readonly log?: Log;
  /**
   * Bind the configured address and the local socket. False only builds the node, for a command that needs no server:
   * no port is opened, nothing is collected, no job runs by the clock.
   */
  readonly listen?: boolean;
}

/** A running node. */
export interface LianfangNode {
  readonly platform: Platform;
  readonly server: FastifyInstance;
  /** Every route it serves, for the access test and the manual. */
  readonly routes: readonly Route[];
  /** `http://127.0.0.1:8080`; empty when it does not listen. */
  readonly url: string;
  /** Set on the very first start, shown once. */
  readonly firstAdministrator: FirstAdministrator | undefined;
  /** Resolves when every event so far has been delivered. */
  settled(): Promise<void>;
  /** Takes nothing in any more, finishes what is under way, closes the stores. Safe to call twice. */
  stop(): Promise<void>;
}

/** What has been opened, to be closed backwards, whatever fails on the way up or down. */
class Closers {
  private readonly closers: { name: string; close: () => Promise<unknown> }[] = [];
  private readonly log: Log;
  private closing: Promise<void> | undefined;

  constructor(log: Log) {
    this.log = log;
  }

  add(name: string, close: () => Promise<unknown>): void {
    this.closers.push({ name, close });
  }

  run(): Promise<void> {
    this.closing ??= this.backwards();
    return this.closing;
  }

  private async backwards(): Promise<void> {
    for (const { name, close } of this.closers.toReversed()) {
      try {
        await close();
      } catch (error) {
        this.log.error({ err: error, part: name }, "closing failed");
      }
    }
  }
}

/** Brings a node up: stores, migrations, systems, jobs, then the doors. What was opened is closed again on failure. */
export async function startNode(options: NodeOptions): Promise<LianfangNode> {
  const log = options.log ?? createLog({ level: options.config.log.level });
  const closers = new Closers(log);
  try {
    return await bringUp(options, log, closers);
  } catch (error) {
    await closers.run();
    throw error;
  }
}

async function bringUp(options: NodeOptions, log: Log, closers: Closers): Promise<LianfangNode> {
  const { config } = options;
  const serving = options.listen !== false;
  const clock = options.clock ?? systemClock;
  const data = resolve(config.data);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const nodeKey = openNodeKey(data);
  const metrics = createMetrics();

  const opening = [
    openRecords({ url: config.records.url, folder: join(data, "records"), clock, log }),
    openEvents({ url: config.events.url, folder: join(data, "events"), log }),
  ] as const;
  const [recordsOpened, eventsOpened] = await Promise.allSettled(opening);
  if (recordsOpened.status === "fulfilled") closers.add("records", () => recordsOpened.value.close());
  if (eventsOpened.status === "fulfilled") closers.add("events", () => eventsOpened.value.close());
  const [records, events] = await Promise.all(opening);

  await records.migrate(systems);
  for (const table of systems.flatMap((system) => system.eventTables ?? [])) await events.createTable(table);
  const firstAdministrator = await ensureFirstAdministrator(records, config);

  const jobs = openJobs({ records, log });
  const outboxBus = startOutbox({ records, clock, log, metrics });
  closers.add("outbox", () => outboxBus.stop());
  const audit = await openAudit({ records, nodeKey, folder: join(data, "keys"), clock, log });
  closers.add("audit", () => audit.close());
  const blobs = await openBlobs({ url: "files", folder: join(data, "blobs") });
  const platform: Platform = {
    config,
    clock,
    log,
    records,
    events,
    blobs,
    bus: outboxBus.bus,
    jobs,
    mailer: createMailer({
      ...(config.mail.smtp === undefined ? {} : { smtp: config.mail.smtp }),
      from: config.mail.from,
      log,
    }),
    metrics,
    nodeKey,
    jobScope: (name, permissions) => jobScope(records, name, permissions),
  };

  const started: Started[] = [];
  for (const system of systems) started.push(await system.start(platform));
  await outboxBus.deliverTo(started.flatMap((each) => each.subscribers ?? []));

  const live = streamRoute(platform.bus);
  let local: LocalSocket | undefined;
  const localScope = () => jobScope(records, "local", PERMISSIONS);
  const members = started.find((each) => each.authenticate !== undefined)?.authenticate;
  const routes = [
    ...started.flatMap((each) => each.routes ?? []),
    ...platformRoutes({
      platform,
      audit,
      ready: started.flatMap((each, at) =>
        each.ready === undefined ? [] : [{ part: systems[at]?.name ?? "system", check: each.ready }],
      ),
    }),
    live.route,
  ];
  const server = await createServer({
    config,
    log,
    metrics,
    records,
    nobody: nobodyScope,
    version: VERSION,
    consoleFolder: join(import.meta.dirname, "../../dist/console"),
    routes,
    authenticate: async (request: FastifyRequest) => {
      // A node that does not listen is only reached from inside its own process.
      if (!serving || local?.isLocal(request) === true) return { scope: await localScope() };
      return members?.(request);
    },
  });
  closers.add("server", async () => {
    live.stop();
    await server.close();
  });

  for (const each of started) {
    if (each.stop !== undefined) closers.add("system", each.stop);
    await each.start?.({ serving });
  }
  let url = "";
  if (serving) {
    await jobs.start(started.flatMap((each) => each.jobs ?? []).concat(audit.jobs), (job) =>
      platform.jobScope(job.name, job.permissions),
    );
    closers.add("jobs", () => jobs.stop());
    url = await server.listen({ host: config.http.host, port: config.http.port });
    local = await openLocalSocket(server, data);
    const socket = local;
    closers.add("local socket", () => socket.close());
  } else {
    await server.ready();
  }
  return {
    platform,
    server,
    routes,
    url,
    firstAdministrator,
    settled: () => outboxBus.idle(),
    stop: () => closers.run(),
  };
}
