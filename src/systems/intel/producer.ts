import type { Sector } from "../../core/org.ts";
import { Problem } from "../../core/problem.ts";
import type { Work } from "../../platform/records/work.ts";
import { parseDocument } from "./object-store.ts";
import { COMMUNITY, INBOX } from "./rules.ts";
import { producerIdentity } from "./stix/build.ts";
import { newIdentifier } from "./stix/identifier.ts";
import type { StixObject } from "./stix/object.ts";
import { type IntelTables, instant } from "./tables.ts";

/** STIX 2.1 section 10.15, industry-sector-ov. */
const STIX_SECTORS: Readonly<Record<Sector, string>> = {
  water: "water",
  communications: "communications",
  energy: "energy",
  government: "government",
  finance: "financial-services",
  transport: "transportation",
  health: "healthcare",
  "science-park": "technology",
};

const SECTOR_TITLES: Readonly<Record<Sector, string>> = {
  water: "水資源 Water",
  communications: "通訊傳播 Communications",
  energy: "能源 Energy",
  government: "政府機關 Government",
  finance: "金融 Finance",
  transport: "交通 Transport",
  health: "醫療 Health",
  "science-park": "科學園區 Science parks",
};

/**
 * Makes the centre's STIX identity and its collections where they are missing, and a new version of the identity
 * when what it says changed. Their ids stay for the life of the node.
 */
export async function ensureProducer(
  work: Work,
  node: { name: string; sectors: readonly Sector[] },
): Promise<void> {
  const db = work.tables<IntelTables>();
  const sectors = node.sectors.map((sector) => STIX_SECTORS[sector]);
  const known = await db.selectFrom("intel_producer").selectAll().executeTakeFirst();
  if (known === undefined || known.name !== node.name || known.sectors.join() !== sectors.join()) {
    const id = known?.id ?? newIdentifier("identity");
    const created = known === undefined ? work.now : instant(known.created_at);
    const document = JSON.stringify(
      producerIdentity({ id, created, modified: work.now, name: node.name, sectors }),
    );
    const said = { name: node.name, sectors, modified_at: work.now, document };
    if (known !== undefined) await db.updateTable("intel_producer").set(said).execute();
    else {
      const made = { ...said, id, created_at: created };
      await db
        .insertInto("intel_producer")
        .values(made)
        .onConflict((e) => e.doNothing())
        .execute();
    }
  }
  const collections = [
    {
      alias: COMMUNITY,
      title: `${node.name} 聯防社群 Community`,
      description: "Released to named organisations, several sectors or the whole community.",
      takes_pushes: false,
    },
    ...node.sectors.map((sector) => ({
      alias: sector,
      title: `${node.name} ${SECTOR_TITLES[sector]}`,
      description: "Released to everyone in this sector.",
      takes_pushes: false,
    })),
    {
      alias: INBOX,
      title: `${node.name} 收件 Inbox`,
      description: "What members send to the centre; each reads only what it sent itself.",
      takes_pushes: true,
    },
  ].map((collection, position) => ({ ...collection, position }));
  for (const collection of collections) {
    await db
      .insertInto("taxii_collection")
      .values({ ...collection, began_at: work.now })
      .onConflict((e) =>
        e.column("alias").doUpdateSet({ title: collection.title, position: collection.position }),
      )
      .execute();
  }
}

/** The centre's identity as it leaves with every item; Problem http.internal before the node was started once. */
export async function producerOf(work: Work): Promise<StixObject> {
  const row = await work
    .tables<IntelTables>()
    .selectFrom("intel_producer")
    .select("document")
    .executeTakeFirst();
  if (row === undefined) throw new Problem("http.internal", { detail: "the intel system was never started" });
  return parseDocument(row.document);
}
