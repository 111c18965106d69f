import type { Selectable } from "kysely";
import type { OrgId } from "../../core/org.ts";
import type { Page, PageQuery } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import { uuidV7 } from "../../platform/crypto/digest.ts";
import { visible } from "../../platform/records/visible.ts";
import type { Work } from "../../platform/records/work.ts";
import type { Contact, ContactChange, NewContact } from "./model.ts";
import { pageOfRows } from "./organisations.ts";
import { type ContactTable, instantOrNull, type MembersTables } from "./tables.ts";

/** Who is called when it matters (mission C5): two or more, around the clock, confirmed from time to time. */
export class ContactStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async list(filter: PageQuery & { orgId?: string | undefined }): Promise<Page<Contact>> {
    let query = this.db.selectFrom("contact").where(visible(this.work, "contact"));
    if (filter.orgId !== undefined) query = query.where("org_id", "=", filter.orgId);
    const { total } = await query
      .select((e) => e.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    const after = filter.cursor === undefined ? query : query.where("id", ">", filter.cursor);
    const rows = await after
      .selectAll()
      .orderBy("id")
      .limit(filter.limit + 1)
      .execute();
    return pageOfRows(rows.map(present), filter.limit, Number(total), (contact) => contact.id);
  }

  async get(id: string): Promise<Contact> {
    const row = await this.db
      .selectFrom("contact")
      .selectAll()
      .where("id", "=", id)
      .where(visible(this.work, "contact"))
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    return present(row);
  }

  async create(contact: NewContact): Promise<Contact> {
    if (!this.work.scope.orgIds.includes(contact.orgId)) throw new Problem("http.not-found");
    const row = await this.db
      .insertInto("contact")
      .values({
        id: uuidV7(),
        org_id: contact.orgId,
        name: contact.name,
        title: contact.title,
        email: contact.email,
        phone: contact.phone,
        rank: contact.rank,
        reachable_24x7: contact.reachable24x7,
        confirmed_at: this.work.now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    this.work.audit({ action: "members.contact-created", subject: row.id, detail: { orgId: row.org_id } });
    return present(row);
  }

  async change(id: string, change: ContactChange): Promise<Contact> {
    const before = await this.get(id);
    const row = await this.db
      .updateTable("contact")
      .set((e) => ({
        name: change.name ?? before.name,
        title: change.title ?? before.title,
        email: change.email === undefined ? before.email : change.email,
        phone: change.phone ?? before.phone,
        rank: change.rank ?? before.rank,
        reachable_24x7: change.reachable24x7 ?? before.reachable24x7,
        confirmed_at: change.confirmed === true ? this.work.now : before.confirmedAt,
        version: e("version", "+", 1),
      }))
      .where("id", "=", id)
      .where("version", "=", change.version)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.conflict");
    this.work.audit({
      action: "members.contact-changed",
      subject: id,
      detail: { confirmed: change.confirmed === true },
    });
    return present(row);
  }

  async remove(id: string): Promise<void> {
    await this.get(id);
    await this.db.deleteFrom("contact").where("id", "=", id).execute();
    this.work.audit({ action: "members.contact-removed", subject: id });
  }

  /** E-mail addresses of the organisations' contacts, first called first. */
  async mailsOf(orgIds: readonly OrgId[]): Promise<string[]> {
    if (orgIds.length === 0) return [];
    const rows = await this.db
      .selectFrom("contact")
      .select("email")
      .where("org_id", "in", [...orgIds])
      .where("email", "is not", null)
      .where(visible(this.work, "contact"))
      .orderBy("rank")
      .execute();
    return [...new Set(rows.flatMap((row) => (row.email === null ? [] : [row.email])))];
  }

  private get db() {
    return this.work.tables<MembersTables>();
  }
}

function present(row: Selectable<ContactTable>): Contact {
  return {
    id: row.id,
    orgId: row.org_id,
    name: row.name,
    title: row.title,
    email: row.email,
    phone: row.phone,
    rank: row.rank,
    reachable24x7: row.reachable_24x7,
    confirmedAt: instantOrNull(row.confirmed_at),
    version: row.version,
  };
}
