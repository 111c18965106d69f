import type { Selectable } from "kysely";
import { addHours } from "../../core/instant.ts";
import type { Page, PageQuery } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import { tlpOfRank, tlpRank } from "../../core/tlp.ts";
import { uuidV7 } from "../../platform/crypto/digest.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import { ApiKey, type IssuedApiKey, type NewApiKey } from "./model.ts";
import { pageOfRows } from "./organisations.ts";
import { newToken } from "./secrets.ts";
import { type ApiKeyTable, instantOrNull, type MembersTables } from "./tables.ts";

/** Keys of machines: hashed, scoped to an organisation and a few rights, expiring. */
export class KeyStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async list(filter: PageQuery & { orgId?: string | undefined }): Promise<Page<ApiKey>> {
    let query = this.db.selectFrom("api_key").where(visible(this.work, "api_key"));
    if (filter.orgId !== undefined) query = query.where("org_id", "=", filter.orgId);
    const { total } = await query
      .select((e) => e.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    const after = filter.cursor === undefined ? query : query.where("id", "<", filter.cursor);
    const rows = await after
      .selectAll()
      .orderBy("id", "desc")
      .limit(filter.limit + 1)
      .execute();
    return pageOfRows(rows.map(present), filter.limit, Number(total), (key) => key.id);
  }

  /** The secret is in the answer and nowhere else afterwards. */
  async issue(key: NewApiKey): Promise<IssuedApiKey> {
    if (!this.work.scope.orgIds.includes(key.orgId)) throw new Problem("http.not-found");
    if (tlpRank(key.clearance) > tlpRank(this.work.scope.clearance)) {
      throw new Problem("intel.tlp-exceeded", {
        faults: [{ path: "body.clearance", message: "above your own clearance" }],
      });
    }
    const token = newToken("lf_");
    const row = await this.db
      .insertInto("api_key")
      .values({
        id: uuidV7(),
        org_id: key.orgId,
        name: key.name,
        prefix: token.secret.slice(0, 9),
        secret_sha256: token.sha256,
        permissions: [...key.permissions],
        clearance: tlpRank(key.clearance),
        created_by: this.work.scope.actor.name,
        created_at: this.work.now,
        expires_at: addHours(this.work.now, key.expiresInDays * 24),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    this.work.audit({
      action: "members.key-issued",
      subject: row.id,
      detail: { orgId: row.org_id, name: row.name, permissions: row.permissions },
    });
    return { key: present(row), secret: token.secret };
  }

  async revoke(id: string): Promise<ApiKey> {
    const row = await this.db
      .updateTable("api_key")
      .set((e) => ({ revoked_at: e.fn.coalesce("revoked_at", e.val(this.work.now)) }))
      .where("id", "=", id)
      .where(visible(this.work, "api_key"))
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    this.work.audit({ action: "members.key-revoked", subject: id, detail: { name: row.name } });
    return present(row);
  }

  private get db() {
    return this.work.tables<MembersTables>();
  }
}

function present(row: Selectable<ApiKeyTable>): ApiKey {
  return {
    id: row.id,
    orgId: row.org_id,
    name: row.name,
    prefix: row.prefix,
    permissions: ApiKey.shape.permissions.parse(row.permissions),
    clearance: tlpOfRank(row.clearance),
    createdAt: instantOrNull(row.created_at) ?? "",
    expiresAt: instantOrNull(row.expires_at) ?? "",
    lastUsedAt: instantOrNull(row.last_used_at),
    revokedAt: instantOrNull(row.revoked_at),
  };
}
