import { readFileSync } from "node:fs";
import type { System } from "../../platform/platform.ts";
import type { Work } from "../../platform/records/work.ts";
import { FeedRunner } from "./feeds/feed-runner.ts";
import { feedRoutes } from "./feeds/routes.ts";
import { importRoutes } from "./imports/routes.ts";
import { ImportRunner } from "./imports/runner.ts";
import { loadDecays } from "./library/decay.ts";
import { expiryJob } from "./library/expiry.ts";
import { reindexJob } from "./library/jobs.ts";
import { libraryRoutes } from "./library/routes.ts";
import { sightingsOutJob } from "./library/sightings-out.ts";
import { weighingJob } from "./library/weighing.ts";
import { PeerExchange } from "./peers/exchange.ts";
import { peerJobs } from "./peers/jobs.ts";
import { PEERS_JOB, peerRoutes } from "./peers/routes.ts";
import { ensureProducer } from "./producer.ts";
import { intelRoutes } from "./routes.ts";
import { taxiiRoutes } from "./taxii/routes.ts";
import { taxonomyRoutes } from "./taxonomies/routes.ts";
import { type WarninglistChanges, WarninglistChecker } from "./warninglists/checker.ts";
import { loadWarninglists, WARNINGLISTS_FOLDER } from "./warninglists/list.ts";
import { warninglistRoutes } from "./warninglists/routes.ts";
import { WarninglistStore } from "./warninglists/store.ts";

export { IMPORT_FORMATS, type ImportDetail } from "./imports/model.ts";
export { type LibraryIndicator, type LibraryPage, libraryIndicators } from "./indicator-feed.ts";
export { recordSightings, type Seen, type Verdict } from "./library/detected.ts";
export type { IndicatorType, IntelKind, IntelState, Item, Recipient } from "./model.ts";
export { type Draft, type DraftIndicator, draftItem } from "./review.ts";
export { patternFault } from "./stix/pattern.ts";
export { matchPattern } from "./stix/pattern-match.ts";
export { leftText, searchesOf } from "./stix/pattern-search.ts";
export { sigmaOf } from "./stix/pattern-sigma.ts";
export { type Judgement, validateStream as validateStixStream } from "./stix/stream.ts";
export type { StixFinding } from "./stix/validate.ts";
export { listsAtWork, type WarninglistChanges } from "./warninglists/checker.ts";
export type { Warninglist, WarninglistType } from "./warninglists/list.ts";

/** What was decided about warninglists: which are switched off, and what was taken in (topic intel.warninglists-changed). */
export function warninglistChanges(work: Work): Promise<WarninglistChanges> {
  return new WarninglistStore(work).changes();
}

/** The warninglists of the product and of a folder, and what of them cannot be read. */
export function warninglistsOf(folder: string | undefined): ReturnType<typeof loadWarninglists> {
  const folders = folder === undefined ? [WARNINGLISTS_FOLDER] : [WARNINGLISTS_FOLDER, folder];
  const loaded = folders.map((folder) => loadWarninglists(folder));
  return { lists: loaded.flatMap(({ lists }) => lists), faults: loaded.flatMap(({ faults }) => faults) };
}

/** The library: items, de-identification, review, STIX 2.1 and the TAXII 2.1 server (mission I1, I4 to I8). */
export const intel: System = {
  name: "intel",
  migrations: new URL("./migrations/", import.meta.url),
  async start(platform) {
    const { node } = platform.config;
    const scope = await platform.jobScope("intel.setup", []);
    await platform.records.within(scope, (work) => ensureProducer(work, node));
    const { lists, faults } = warninglistsOf(platform.config.intel.warninglists);
    const warninglists = new WarninglistChecker(lists);
    await warninglists.change(
      await platform.records.within(scope, (work) => new WarninglistStore(work).changes()),
    );
    for (const fault of [...faults, ...warninglists.faults])
      platform.log.warn(fault, "warninglist passed over");
    const { records, nodeKey, clock, log, jobs, config } = platform;
    const { loopback, ca } = config.peers;
    const trust = { loopback, ...(ca === undefined ? {} : { ca: readFileSync(ca, "utf8") }) };
    const exchange = { records, nodeKey, clock, log, sectors: node.sectors, ...trust };
    const judges = { warninglists, decays: loadDecays() };
    const library = libraryRoutes({
      ...judges,
      jobs,
      nodeName: node.name,
    });
    const runner = new ImportRunner(platform, warninglists);
    const imports = { records, blobs: platform.blobs, runner };
    const { jobScope } = platform;
    const feeds = new FeedRunner({
      ...imports,
      log,
      jobScope,
      nodeKey,
      allowedHosts: config.intel.feedHosts,
    });
    return {
      routes: [
        ...intelRoutes(warninglists),
        ...importRoutes(imports),
        ...feedRoutes(feeds),
        ...library,
        ...warninglistRoutes(warninglists),
        ...taxonomyRoutes(),
        ...taxiiRoutes(config),
        ...peerRoutes(exchange, jobs, () => platform.jobScope(PEERS_JOB, [])),
      ],
      subscribers: [
        {
          name: "intel.warninglists",
          topics: ["intel.warninglists-changed"],
          // Each process has a checker of its own.
          everywhere: true,
          async handle() {
            await warninglists.change(await records.within(scope, warninglistChanges));
          },
        },
      ],
      jobs: [
        ...peerJobs(new PeerExchange(exchange)),
        reindexJob(platform.records),
        weighingJob(records, judges),
        expiryJob(records, judges, config.intel.scoreFloor),
        sightingsOutJob(records, config.intel.sightings),
        {
          name: "intel.imports",
          permissions: ["intel:write"],
          cron: "* * * * *",
          run: () => runner.recover(),
        },
        { name: "intel.feeds", permissions: ["intel:write"], cron: "* * * * *", run: () => feeds.runDue() },
      ],
      start: async ({ serving }) => {
        if (serving) await runner.recover();
      },
      stop: async () => {
        feeds.stop();
        await runner.stop();
      },
    };
  },
};
