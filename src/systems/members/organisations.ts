import type { Selectable } from "kysely";
import { type OrgId, OrgKind, Sector } from "../../core/org.ts";
import type { Page, PageQuery } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import { uuidV7 } from "../../platform/crypto/digest.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import type { NewOrg, Org, OrgChange } from "./model.ts";
import { makesCircle, type OrgNode } from "./rules.ts";
import { instantOrNull, type MembersTables, type OrganisationTable } from "./tables.ts";

type Planted = Pick<NewOrg, "name" | "nameEn" | "shortName" | "kind" | "sector"> &
  Partial<Pick<NewOrg, "parentId" | "aliases" | "networks">>;

/** PostgreSQL's SQLSTATE unique_violation. */
const UNIQUE_VIOLATION = "23505";

/** Organisations in a tree: authority, bureau, operator, facility. */
export class OrganisationStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async list(filter: PageQuery & { q?: string | undefined }): Promise<Page<Org>> {
    let query = this.db.selectFrom("organisation").where(visible(this.work, "organisation"));
    if (filter.q !== undefined && filter.q !== "") {
      const like = `%${filter.q.replace(/[\\%_]/g, (each) => `\\${each}`)}%`;
      query = query.where((where) =>
        where.or([
          where("name", "ilike", like),
          where("name_en", "ilike", like),
          where("short_name", "ilike", like),
        ]),
      );
    }
    const { total } = await query
      .select((e) => e.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    const after = filter.cursor === undefined ? query : query.where("short_name", ">", filter.cursor);
    const rows = await after
      .selectAll()
      .orderBy("short_name")
      .limit(filter.limit + 1)
      .execute();
    return pageOfRows(rows.map(present), filter.limit, Number(total), (org) => org.shortName);
  }

  async get(id: string): Promise<Org> {
    const row = await this.db
      .selectFrom("organisation")
      .selectAll()
      .where("id", "=", id)
      .where(visible(this.work, "organisation"))
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return present(row);
  }

  /** Every organisation of the node, as far as the scope's purpose lets row-level security show them. */
  async tree(): Promise<OrgNode[]> {
    const rows = await this.db.selectFrom("organisation").select(["id", "parent_id", "sector"]).execute();
    return rows.map((row) => ({ id: row.id, parentId: row.parent_id, sector: Sector.parse(row.sector) }));
  }

  /** Id of the organisation with this short name or id, as far as the scope's purpose lets row-level security show it. */
  async idOf(name: string): Promise<OrgId | undefined> {
    const row = await this.db
      .selectFrom("organisation")
      .select("id")
      .where((e) =>
        e.or([e("short_name", "=", name), e(e.cast<string>("id", "text"), "=", name.toLowerCase())]),
      )
      .executeTakeFirst();
    return row?.id;
  }

  /** Id and names of the organisations in sight. */
  async names(): Promise<{ id: string; name: string; nameEn: string; shortName: string }[]> {
    const rows = await this.db
      .selectFrom("organisation")
      .select(["id", "name", "name_en", "short_name"])
      .where(visible(this.work, "organisation"))
      .execute();
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      nameEn: row.name_en,
      shortName: row.short_name,
    }));
  }

  /** Names and addresses of the people with an account there, for de-identification. */
  async peopleOf(orgId: OrgId): Promise<{ displayName: string; email: string | null }[]> {
    const rows = await this.db
      .selectFrom("account")
      .select(["display_name", "email"])
      .where("org_id", "=", orgId)
      .where(visible(this.work, "account"))
      .execute();
    return rows.map((row) => ({ displayName: row.display_name, email: row.email }));
  }

  async create(org: NewOrg): Promise<Org> {
    await this.get(org.parentId);
    if (!this.work.scope.orgIds.includes(org.parentId)) throw new Problem("http.not-found");
    return this.plant(uuidV7(), org);
  }

  /** The insert itself; the first organisation of a node has none above it and keeps its own entry. */
  async plant(id: OrgId, org: Planted): Promise<Org> {
    const insert = this.db
      .insertInto("organisation")
      .values({
        id,
        parent_id: org.parentId ?? null,
        org_id: org.parentId ?? id,
        audience: [id],
        name: org.name,
        name_en: org.nameEn,
        short_name: org.shortName,
        kind: org.kind,
        sector: org.sector,
        aliases: org.aliases ?? [],
        networks: org.networks ?? [],
        created_at: this.work.now,
      })
      .returningAll();
    const row = await unlessTaken("body.shortName", insert.executeTakeFirstOrThrow());
    return this.changed("members.org-created", present(row));
  }

  async change(id: string, change: OrgChange): Promise<Org> {
    const before = await this.get(id);
    const { parentId, version, ...fields } = change;
    if (parentId !== undefined && parentId !== before.parentId) {
      if (parentId === null)
        throw new Problem("http.invalid", {
          faults: [{ path: "body.parentId", message: "only the first organisation has none above it" }],
        });
      await this.get(parentId);
      if (makesCircle(await this.tree(), id, parentId)) throw new Problem("members.tree-circle");
    }
    const update = this.db
      .updateTable("organisation")
      .set((e) => ({
        parent_id: parentId ?? before.parentId,
        org_id: parentId ?? before.parentId ?? before.id,
        name: fields.name ?? before.name,
        name_en: fields.nameEn ?? before.nameEn,
        short_name: fields.shortName ?? before.shortName,
        kind: fields.kind ?? before.kind,
        sector: fields.sector ?? before.sector,
        aliases: fields.aliases ?? before.aliases,
        networks: fields.networks ?? before.networks,
        version: e("version", "+", 1),
      }))
      .where("id", "=", id)
      .where("version", "=", version)
      .returningAll();
    const row = await unlessTaken("body.shortName", update.executeTakeFirst());
    if (row === undefined) throw new Problem("http.conflict");
    return this.changed("members.org-changed", present(row));
  }

  private changed(action: string, org: Org): Org {
    this.work.audit({
      action,
      subject: org.id,
      detail: { shortName: org.shortName, parentId: org.parentId },
    });
    this.work.emit({
      topic: "members.org-changed",
      subject: org.id,
      marked: { orgId: org.id, tlp: "green", audience: [] },
      data: {},
    });
    return org;
  }

  private get db() {
    return this.work.tables<MembersTables>();
  }
}

/** Answers `members.name-taken` for the field when the database finds the name in use, also where the scope sees it not. */
export async function unlessTaken<T>(path: string, write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === UNIQUE_VIOLATION) {
      throw new Problem("members.name-taken", { faults: [{ path, message: "taken" }] });
    }
    throw error;
  }
}

/** The page out of `limit + 1` rows: the surplus row only tells that there is more. */
export function pageOfRows<Item>(
  items: Item[],
  limit: number,
  total: number,
  cursor: (last: Item) => string,
): Page<Item> {
  const last = items[limit - 1];
  if (items.length <= limit || last === undefined) return { items, total };
  return { items: items.slice(0, limit), next: cursor(last), total };
}

function present(row: Selectable<OrganisationTable>): Org {
  return {
    id: row.id,
    parentId: row.parent_id,
    name: row.name,
    nameEn: row.name_en,
    shortName: row.short_name,
    kind: OrgKind.parse(row.kind),
    sector: Sector.parse(row.sector),
    aliases: row.aliases,
    networks: row.networks,
    createdAt: instantOrNull(row.created_at) ?? "",
    version: row.version,
  };
}
