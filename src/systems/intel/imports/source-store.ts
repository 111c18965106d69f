import { Problem } from "../../../core/problem.ts";
import { type Tlp, tlpRank } from "../../../core/tlp.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { type IntelTables, instant } from "../tables.ts";
import { Reliability, type Source, SourceKind } from "./model.ts";

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where the library's objects come from, and how far each source is trusted. */
export class SourceStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async list(): Promise<Source[]> {
    const rows = await this.rows().orderBy("name").limit(2000).execute();
    return rows.map(sourceOf);
  }

  async get(id: string): Promise<Source> {
    const row = await this.rows().where("id", "=", id).executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return sourceOf(row);
  }

  /** The organisation's source of this id or name; a name that it has not yet makes one. */
  async named(
    orgId: string,
    kind: SourceKind,
    idOrName: string,
    given: { tlp: Tlp; reliability?: Reliability | undefined; url?: string | null } = { tlp: "green" },
  ): Promise<Source> {
    const own = this.rows().where("org_id", "=", orgId);
    const found = await (UUID.test(idOrName)
      ? own.where("id", "=", idOrName)
      : own.where("kind", "=", kind).where("name", "=", idOrName)
    ).executeTakeFirst();
    if (found !== undefined) return sourceOf(found);
    if (UUID.test(idOrName)) throw new Problem("http.not-found", { detail: "no such source" });
    const { actor } = this.work.scope;
    const row = {
      id: uuidV7(),
      org_id: orgId,
      tlp: tlpRank(given.tlp),
      kind,
      name: idOrName,
      url: given.url ?? null,
      reliability: given.reliability ?? "F",
      created_at: this.work.now,
      created_by_id: actor.id,
      created_by_name: actor.name,
    };
    await this.work.tables<IntelTables>().insertInto("intel_source").values(row).execute();
    this.work.audit({ action: "intel.source-add", subject: row.id, detail: { name: row.name, kind } });
    return sourceOf(row);
  }

  /** Reliability is judged anew as a source proves itself. */
  async judge(id: string, reliability: Reliability): Promise<Source> {
    const before = await this.get(id);
    await this.work
      .tables<IntelTables>()
      .updateTable("intel_source")
      .set({ reliability })
      .where("id", "=", id)
      .execute();
    this.work.audit({
      action: "intel.source-judge",
      subject: id,
      detail: { from: before.reliability, to: reliability },
    });
    return { ...before, reliability };
  }

  private rows() {
    return this.work
      .tables<IntelTables>()
      .selectFrom("intel_source")
      .select(["id", "org_id", "kind", "name", "url", "reliability", "created_at"])
      .where(visible(this.work, "intel_source"));
  }
}

function sourceOf(row: {
  id: string;
  org_id: string;
  kind: string;
  name: string;
  url: string | null;
  reliability: string;
  created_at: Date | string;
}): Source {
  return {
    id: row.id,
    orgId: row.org_id,
    kind: SourceKind.parse(row.kind),
    name: row.name,
    url: row.url,
    reliability: Reliability.parse(row.reliability),
    createdAt: instant(row.created_at),
  };
}
