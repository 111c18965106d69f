import { type Tlp, tlpOfRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { OriginStore, type ToldDocument } from "../origin-store.ts";
import { type Refusal, refusal, refusalWithin } from "../reasons/model.ts";
import { digestOf } from "../stix/digest.ts";
import { isJsonObject, type Json } from "../stix/json.ts";
import { markedTlpOf } from "../stix/marking.ts";
import { validate } from "../stix/validate.ts";
import type { IntelTables } from "../tables.ts";
import type { Counts, RunDetail } from "./model.ts";
import type { PeerStore, WorkingPeer } from "./peer-store.ts";

/** What one run of a pull brings into the library, as one import of the peer's source (mission I1, I3). */
export class Incoming {
  private readonly peer: WorkingPeer;
  private readonly title: string;
  private importId: string | undefined;
  private readonly sums = { total: 0, refused: 0, warned: 0, new: 0, known: 0, left: 0 };
  private readonly refusals: Refusal[] = [];

  constructor(peer: WorkingPeer, line: { readonly title: string }) {
    this.peer = peer;
    this.title = line.title;
  }

  /** Stores a page: each object verbatim, under the marking it bears; what breaks STIX 2.1 is refused by itself. */
  async take(
    work: Work,
    store: PeerStore,
    documents: readonly string[],
  ): Promise<{ counts: Counts; details: RunDetail[] }> {
    const details: RunDetail[] = [];
    const told: ToldDocument[] = [];
    for (const [at, text] of documents.entries()) {
      const read = readDocument(text, `objects.${this.sums.total + at}`, tlpOfRank(this.peer.row.unmarked));
      if (!("reasons" in read)) told.push(read);
      else {
        details.push({ id: read.id, message: messageOf(read.reasons) });
        if (this.refusals.length < MOST_REFUSALS) this.refusals.push(...read.reasons);
      }
    }
    this.sums.total += documents.length;
    this.sums.refused += details.length;
    if (documents.length > 0) {
      const { orgId } = work.scope;
      const importId = await this.openImport(work, store);
      const answer = await new OriginStore(work).tell({ importId, orgId, audience: [], documents: told });
      this.sums.new += answer.added;
      this.sums.known += answer.known;
      await this.keepCounts(work, importId);
    }
    return { counts: { moved: told.length, refused: details.length, held: 0 }, details };
  }

  private async openImport(work: Work, store: PeerStore): Promise<string> {
    if (this.importId !== undefined) return this.importId;
    const source = await this.sourceOf(work, store);
    const id = uuidV7();
    const { actor, orgId } = work.scope;
    await work
      .tables<IntelTables>()
      .insertInto("intel_import")
      .values({
        id,
        org_id: orgId,
        tlp: 0,
        source_id: source,
        format: "stix-2.1",
        file_name: `${this.peer.row.name} ${this.title}`.slice(0, 200),
        blob_sha256: null,
        blob_size: null,
        state: "stored",
        counts: JSON.stringify(this.sums),
        by_id: actor.id,
        by_name: actor.name,
        at: work.now,
        stored_at: work.now,
      })
      .execute();
    this.importId = id;
    return id;
  }

  private async keepCounts(work: Work, importId: string): Promise<void> {
    const { total } = this.sums;
    await work
      .tables<IntelTables>()
      .updateTable("intel_import")
      .set({
        counts: JSON.stringify(this.sums),
        refusals: JSON.stringify(this.refusals),
        progress: JSON.stringify({ done: total, total }),
      })
      .where("id", "=", importId)
      .execute();
  }

  private async sourceOf(work: Work, store: PeerStore): Promise<string> {
    const { row } = this.peer;
    if (row.source_id !== null) return row.source_id;
    const db = work.tables<IntelTables>();
    const { actor, orgId } = work.scope;
    const known = await db
      .selectFrom("intel_source")
      .select("id")
      .where("kind", "=", "peer")
      .where("name", "=", row.name)
      .where("org_id", "=", orgId)
      .where(visible(work, "intel_source"))
      .executeTakeFirst();
    const id = known?.id ?? uuidV7();
    if (known === undefined)
      await db
        .insertInto("intel_source")
        .values({
          id,
          org_id: orgId,
          tlp: 0,
          kind: "peer",
          name: row.name,
          url: row.url,
          reliability: row.reliability,
          created_at: work.now,
          created_by_id: actor.id,
          created_by_name: actor.name,
        })
        .execute();
    await store.keepSource(row.id, id);
    return id;
  }
}

const MOST_REASONS = 5;
const MOST_REFUSALS = 100;

function messageOf(reasons: readonly Refusal[]): string {
  return reasons
    .map((each) => `${each.path}: ${each.message} (${each.rule})`)
    .join("; ")
    .slice(0, 1000);
}

function readDocument(
  text: string,
  path: string,
  unmarked: Tlp,
): ToldDocument | { readonly id: string; readonly reasons: readonly Refusal[] } {
  const value: Json = JSON.parse(text);
  if (!isJsonObject(value)) return { id: path, reasons: [refusal(path, "8 type", "object")] };
  const broken = validate(value).filter(({ level }) => level === "must");
  const id = typeof value["id"] === "string" ? value["id"].slice(0, 200) : path;
  if (broken.length > 0) {
    return { id, reasons: broken.slice(0, MOST_REASONS).map((each) => refusalWithin(path, each)) };
  }
  const object = { ...value, id: String(value["id"]), type: String(value["type"]) };
  return { text, object, tlp: markedTlpOf(value) ?? unmarked, digest: digestOf(value, text), path };
}
