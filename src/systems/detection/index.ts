import { fileURLToPath } from "node:url";
import type { Scope } from "../../core/scope.ts";
import type { System } from "../../platform/platform.ts";
import { orgByName } from "../members/index.ts";
import { alertRoutes } from "./alerts/index.ts";
import type { Catalog } from "./catalog/catalog.ts";
import { catalogRoutes } from "./catalog/routes.ts";
import { FolderWatch } from "./catalog/watch.ts";
import { Budget } from "./collect/budget.ts";
import { Collectors } from "./collect/collectors.ts";
import { Ingest } from "./collect/ingest.ts";
import { ingestMetrics } from "./collect/metrics.ts";
import { retentionJob } from "./collect/retention.ts";
import { ingestRoutes } from "./collect/routes.ts";
import { Correlations } from "./correlation/standing.ts";
import { IndicatorStock } from "./indicators/stock.ts";
import { LOG_TABLE } from "./pipeline/log-table.ts";
import { PipelinePool } from "./pipeline/pool.ts";
import { SIGHTINGS, sightingsJob, sightingsSubscriber } from "./sightings/sightings.ts";
import { trialRoutes } from "./trial/routes.ts";
import { Trials } from "./trial/trial.ts";

export * from "./alerts/index.ts";
export {
  type ChunkAnswer,
  type FileChunk,
  type ImportOptions,
  type ImportProgress,
  type ImportResult,
  importFile,
  type ParsedFileLine,
  type ParseOptions,
  parseFile,
  readLogs,
} from "./collect/file.ts";
export { requestHeader } from "./collect/log-header.ts";
export { isParserChoice, type ParsedLine, parseLine, parserIds } from "./parsers/line.ts";
export { checkRules, type Detection, type DetectOptions, detectFile } from "./sigma/index.ts";

/** Folders of the rules and of the pipelines that tie them to log records. */
export const RULE_FOLDERS = {
  rules: fileURLToPath(new URL("../../../content/detection-rules/", import.meta.url)),
  pipelines: fileURLToPath(new URL("../../../content/sigma-pipelines/", import.meta.url)),
};

/** What brings indicators that were not read yet, and what changes some that were. */
const NEW_INDICATORS = ["intel.released", "intel.withdrawn", "intel.imported"];
const CHANGED_INDICATORS = ["intel.expired", "intel.gone", "intel.import-undone"];

/** Bodies under way share this much memory at least, or twice the largest body allowed. */
const BODY_BUDGET = 128 * 2 ** 20;

export const detection: System = {
  name: "detection",
  migrations: new URL("./migrations/", import.meta.url),
  eventTables: [LOG_TABLE],
  async start(platform) {
    const { config, clock, events, log, records } = platform;
    const metrics = ingestMetrics(platform.metrics);
    const findOrg = (name: string) => orgByName(records, name);
    const correlations = new Correlations({
      records,
      scope: () => platform.jobScope("detection.correlation", ["logs:ingest"]),
      clock,
      log,
      metrics: platform.metrics,
      idle: config.detection.idleSourceSeconds * 1000,
    });
    const folders = {
      rules: [RULE_FOLDERS.rules, ...config.detection.rules],
      pipelines: [RULE_FOLDERS.pipelines, ...config.detection.pipelines],
    };
    const fixed = { folders: folders.rules, idleSeconds: config.detection.idleSourceSeconds };
    let catalog: Catalog = { rules: [], faults: [], loadedAt: undefined, ...fixed };
    const pool = new PipelinePool({
      folders,
      ...(config.ingest.threads !== undefined && { size: config.ingest.threads }),
      onRules: ({ rules, catalog: list, correlations: set, faults }) => {
        catalog = { rules: list, faults, loadedAt: clock.now(), ...fixed };
        void correlations.use(set);
        const left = faults.filter(({ severity }) => severity === "fault");
        const warnings = faults.length - left.length;
        log.info({ rules, faults: left.length, warnings }, "detection rules loaded");
        for (const { file, line, path, rule, message } of left)
          log.warn(
            { path: `${file}:${line}`, at: path, rule: rule?.title, id: rule?.id, message },
            "a detection rule is left out",
          );
      },
      onCrash: (error) => log.error({ err: error }, "a pipeline thread failed"),
    });
    const watched = new FolderWatch([...folders.rules, ...folders.pipelines], () => {
      log.info({ folders: folders.rules.length }, "the rules have changed and are read again");
      pool.reload();
    });
    let jobScope: Promise<Scope> | undefined;
    const scope = () => {
      jobScope ??= platform.jobScope("ingest", ["logs:ingest"]);
      jobScope.catch(() => {
        jobScope = undefined;
      });
      return jobScope;
    };
    const stock = new IndicatorStock({
      records,
      scope: () => platform.jobScope("detection.indicators", ["intel:read"]),
      lists: config.ingest.indicators,
      warninglists: config.intel.warninglists,
      clock,
      log,
      metrics: platform.metrics,
      deliver: (set) => pool.equip(set),
    });
    const ingest = new Ingest({ records, events, pool, correlations, clock, metrics, scope });
    const collectors = new Collectors({ platform, ingest, metrics, orgByName: findOrg });
    const { maxBodyBytes, maxLineBytes } = config.ingest;
    const budget = new Budget(Math.max(BODY_BUDGET, 2 * maxBodyBytes));
    return {
      routes: [
        ...ingestRoutes({
          ingest,
          health: collectors.health,
          log,
          pool,
          budget,
          events,
          maxBodyBytes,
          maxLineBytes,
          orgByName: findOrg,
        }),
        ...alertRoutes(),
        ...catalogRoutes(
          () => catalog,
          () => pool.loading,
        ),
        ...trialRoutes(new Trials({ events, clock, folders, log, known: () => stock.known })),
      ],
      subscribers: [
        {
          name: "detection.indicators",
          topics: [...NEW_INDICATORS, ...CHANGED_INDICATORS],
          everywhere: true,
          // Not waited for: an event that is lost with the process is made good by the first reading of the next.
          handle: async ({ topic }) =>
            void stock.refresh(CHANGED_INDICATORS.includes(topic) ? "whole" : "changes"),
        },
        sightingsSubscriber(records, () => platform.jobScope(SIGHTINGS, ["alerts:read", "intel:write"])),
        {
          name: "detection.warninglists",
          topics: ["intel.warninglists-changed"],
          everywhere: true,
          handle: async () => void stock.renewWarninglists(),
        },
      ],
      jobs: [
        retentionJob({ config: config.events, events, records, clock, log }),
        collectors.silence({ records, events }),
        sightingsJob(records),
      ],
      async start({ serving }) {
        pool.open();
        stock.start();
        correlations.start();
        if (!serving) return;
        watched.start();
        await collectors.start();
      },
      ready: () => collectors.ready(),
      async stop() {
        watched.stop();
        await collectors.stop();
        await stock.stop();
        await correlations.stop();
        await pool.close();
      },
    };
  },
};
