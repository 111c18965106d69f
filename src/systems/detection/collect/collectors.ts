import { join, resolve } from "node:path";
import type { OrgId } from "../../../core/org.ts";
import type { Job } from "../../../platform/jobs/job.ts";
import type { Platform } from "../../../platform/platform.ts";
import { Delivery } from "./delivery.ts";
import { FileWatcher } from "./files/watcher.ts";
import { StoreHealth } from "./health.ts";
import type { Ingest } from "./ingest.ts";
import { Intake } from "./intake.ts";
import type { IngestMetrics } from "./metrics.ts";
import { NatsCollector } from "./nats/collector.ts";
import { Unconfirmed } from "./nats/sequences.ts";
import { OrgNames, Senders } from "./senders.ts";
import { type ExpectedSource, type SilenceParts, silenceJob } from "./silence-watch.ts";
import { Spool } from "./spool.ts";
import { SyslogCollector } from "./syslog.ts";
import { Tally } from "./tally.ts";

export interface CollectorsParts {
  readonly platform: Pick<Platform, "config" | "clock" | "log" | "metrics">;
  readonly ingest: Ingest;
  readonly metrics: IngestMetrics;
  readonly orgByName: (name: string) => Promise<OrgId | undefined>;
}

/** Every way in but HTTP, and the spool behind them. */
export class Collectors {
  readonly health: StoreHealth;
  readonly #parts: CollectorsParts;
  readonly #orgs: OrgNames;
  readonly #senders: Senders;
  readonly #tally: Tally;
  #open:
    | {
        readonly spool: Spool;
        readonly delivery: Delivery;
        readonly intake: Intake;
        readonly syslog: SyslogCollector;
        readonly files: FileWatcher;
        readonly nats: NatsCollector | undefined;
      }
    | undefined;

  /** Throws config.invalid with every fault of the sources. */
  constructor(parts: CollectorsParts) {
    const { config, clock, log } = parts.platform;
    this.#parts = parts;
    this.health = new StoreHealth(clock, resolve(config.data));
    this.#orgs = new OrgNames(parts.orgByName, clock);
    this.#senders = new Senders(config.ingest.sources, this.#orgs);
    this.#tally = new Tally({ count: parts.ingest.count.bind(parts.ingest), log });
  }

  /** The watch over sources that fall silent. */
  silence(parts: Pick<SilenceParts, "records" | "events">): Job {
    const { config, clock, metrics } = this.#parts.platform;
    const { sources, files, nats } = config.ingest;
    const expected: ExpectedSource[] = [
      ...sources.map((source) => ({ ...source, channel: "syslog" as const })),
      ...files.map(({ path, ...source }) => ({ ...source, channel: "file" as const, address: path })),
      ...(nats?.subjects ?? []).map(({ subject, ...source }) => ({
        ...source,
        channel: "nats" as const,
        address: subject,
      })),
    ].map(({ name, org, channel, parser, timeZone, address, silentAfterMinutes }) => ({
      name,
      org,
      channel,
      parser,
      timeZone,
      ...(address !== undefined && { address }),
      ...(silentAfterMinutes !== undefined && { silentAfterMinutes }),
    }));
    return silenceJob({
      ...parts,
      expected,
      orgs: this.#orgs,
      behind: () => this.health.failing || (this.#open?.spool.lines ?? 0) > 0,
      metrics,
      clock,
      startedAt: clock.now(),
    });
  }

  async start(): Promise<void> {
    const { ingest, metrics, platform } = this.#parts;
    const { config, clock, log } = platform;
    const tally = this.#tally;
    await this.#nameOrgs();
    const folder = join(resolve(config.data), "spool");
    const unconfirmed = new Unconfirmed();
    const spool = await Spool.open({
      folder,
      limitBytes: config.ingest.spoolBytes,
      log,
      onFound: (meta) => unconfirmed.add(meta),
      checkpoint: () => unconfirmed.checkpoint(),
    });
    if (spool.lines > 0) log.info({ lines: spool.lines }, "lines of the spool are stored now");
    metrics.spool(spool.lines, spool.bytes);
    const delivery = new Delivery({
      ingest: ingest.ingest.bind(ingest),
      spool,
      health: this.health,
      tally,
      metrics,
      log,
      folder: join(folder, "set-aside"),
    });
    const intake = new Intake({ delivery, spool, tally, metrics, clock, log });
    const syslog = new SyslogCollector({
      config: config.ingest,
      senders: this.#senders,
      intake,
      tally,
      metrics,
      clock,
      log,
    });
    const files = new FileWatcher({
      watched: config.ingest.files,
      orgs: this.#orgs,
      ingest: ingest.ingest.bind(ingest),
      refused: ingest.refused.bind(ingest),
      cut: ingest.cut.bind(ingest),
      positions: ingest.positions.bind(ingest),
      keep: ingest.keepPosition.bind(ingest),
      prune: ingest.prunePositions.bind(ingest),
      health: this.health,
      maxLineBytes: config.ingest.maxLineBytes,
      log,
    });
    const nats =
      config.ingest.nats &&
      new NatsCollector({
        config: config.ingest.nats,
        orgs: this.#orgs,
        spool,
        unconfirmed,
        maxLineBytes: config.ingest.maxLineBytes,
        cut: ingest.cut.bind(ingest),
        ingestMetrics: metrics,
        metrics: platform.metrics,
        clock,
        log,
      });
    this.#open = { spool, delivery, intake, syslog, files, nats };
    delivery.start();
    files.start();
    nats?.start();
    const ports = await syslog.start();
    if (Object.keys(ports).length > 0) log.info({ ...ports }, "listening for syslog");
  }

  async stop(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await Promise.all([open?.syslog.stop(), open?.files.stop(), open?.nats?.stop()]);
    await open?.intake.stop();
    await open?.delivery.stop();
    await open?.spool.close();
    await this.#tally.flush();
  }

  /** Rejects with the reason while lines are not taken in. */
  async ready(): Promise<void> {
    await this.health.ready();
    if (this.#open?.spool.full === true) throw new Error("the spool is full");
  }

  /** Tells of organisations that are not there; not refused, since they may be made in the console after this start. */
  async #nameOrgs(): Promise<void> {
    const { config, log } = this.#parts.platform;
    for (const source of [
      ...config.ingest.sources,
      ...config.ingest.files,
      ...(config.ingest.nats?.subjects ?? []),
    ]) {
      if ((await this.#orgs.find(source.org)) === undefined) {
        log.warn(
          { source: source.name, org: source.org },
          "a source names an organisation that is not there; its lines are refused, files wait, until it is",
        );
      }
    }
  }
}
