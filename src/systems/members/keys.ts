import { X509Certificate } from "node:crypto";
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

/** Which client certificates the node's own TLS can tell from one another. */
export interface AskedCertificates {
  readonly asked: boolean;
  /** Whether an authority is configured, under which a name says something. */
  readonly byName: boolean;
}

/** Keys of machines: hashed, scoped to an organisation and a few rights, expiring. Some are client certificates. */
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

  /**
   * The secret is in the answer and nowhere else afterwards; a certificate has none. Such a key ends with its
   * certificate at the latest. Problem http.conflict where the certificate or name stands for another key.
   */
  async issue(
    key: Omit<NewApiKey, "login"> & { readonly login?: NewApiKey["login"] },
    certificates: AskedCertificates = { asked: false, byName: false },
  ): Promise<IssuedApiKey> {
    if (!this.work.scope.orgIds.includes(key.orgId)) throw new Problem("http.not-found");
    if (tlpRank(key.clearance) > tlpRank(this.work.scope.clearance)) {
      throw new Problem("intel.tlp-exceeded", {
        faults: [{ path: "body.clearance", message: "above your own clearance" }],
      });
    }
    const token = (key.login ?? "secret") === "secret" ? newToken("lf_") : undefined;
    const certificate = token === undefined ? this.certificateOf(key, certificates) : undefined;
    const wished = addHours(this.work.now, key.expiresInDays * 24);
    const ends = [wished, certificate?.certificate_expires_at ?? wished].sort()[0] ?? wished;
    const row = await this.db
      .insertInto("api_key")
      .values({
        id: uuidV7(),
        org_id: key.orgId,
        name: key.name,
        prefix: token?.secret.slice(0, 9) ?? certificate?.certificate_sha256?.slice(0, 9) ?? "",
        secret_sha256: token?.sha256 ?? null,
        ...(certificate ?? NO_CERTIFICATE),
        permissions: [...key.permissions],
        clearance: tlpRank(key.clearance),
        created_by: this.work.scope.actor.name,
        created_at: this.work.now,
        expires_at: ends,
      })
      .onConflict((e) => e.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined)
      throw new Problem("http.conflict", {
        detail: "the certificate or name stands for another key; revoke that one first",
      });
    this.work.audit({
      action: certificate === undefined ? "members.key-issued" : "members.certificate-bound",
      subject: row.id,
      detail: {
        orgId: row.org_id,
        name: row.name,
        permissions: row.permissions,
        ...(certificate === undefined
          ? {}
          : { certificate: row.certificate_name ?? row.certificate_sha256 ?? "" }),
      },
    });
    return { key: present(row), secret: token?.secret ?? null };
  }

  private certificateOf(
    key: Pick<NewApiKey, "certificate" | "certificateName"> & { readonly login?: NewApiKey["login"] },
    { asked, byName }: AskedCertificates,
  ): CertificateColumns {
    const refuse = (field: string, message: string) =>
      new Problem("http.invalid", { faults: [{ path: `body.${field}`, message }] });
    if (!asked) throw refuse("login", "the node asks for no certificates: http.tls.clientCertificates");
    if (key.login === "certificate-name") {
      if (!byName) throw refuse("login", "no authority is configured: http.tls.clientCa");
      return { ...NO_CERTIFICATE, certificate_name: (key.certificateName ?? "").toLowerCase() };
    }
    const read = readCertificate(key.certificate ?? "");
    if (read === undefined) throw refuse("certificate", "this is no certificate in PEM");
    if ((read.certificate_expires_at ?? "") <= this.work.now)
      throw refuse("certificate", `expired at ${read.certificate_expires_at}`);
    return read;
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
    this.work.audit({
      action: row.secret_sha256 === null ? "members.certificate-revoked" : "members.key-revoked",
      subject: id,
      detail: { name: row.name },
    });
    return present(row);
  }

  private get db() {
    return this.work.tables<MembersTables>();
  }
}

interface CertificateColumns {
  readonly certificate_sha256: string | null;
  readonly certificate_name: string | null;
  readonly certificate_subject: string | null;
  readonly certificate_expires_at: string | null;
}

const NO_CERTIFICATE: CertificateColumns = {
  certificate_sha256: null,
  certificate_name: null,
  certificate_subject: null,
  certificate_expires_at: null,
};

/** The first certificate of a PEM text; undefined where there is none. */
function readCertificate(pem: string): CertificateColumns | undefined {
  let read: X509Certificate;
  try {
    read = new X509Certificate(pem);
  } catch {
    return undefined;
  }
  return {
    ...NO_CERTIFICATE,
    certificate_sha256: read.fingerprint256.replaceAll(":", "").toLowerCase(),
    certificate_subject: read.subject.split("\n").join(", "),
    certificate_expires_at: new Date(read.validTo).toISOString(),
  };
}

function present(row: Selectable<ApiKeyTable>): ApiKey {
  return {
    id: row.id,
    orgId: row.org_id,
    name: row.name,
    prefix: row.prefix,
    certificate:
      row.secret_sha256 !== null
        ? null
        : {
            sha256: row.certificate_sha256,
            name: row.certificate_name,
            subject: row.certificate_subject,
            expiresAt: instantOrNull(row.certificate_expires_at),
          },
    permissions: ApiKey.shape.permissions.parse(row.permissions),
    clearance: tlpOfRank(row.clearance),
    createdAt: instantOrNull(row.created_at) ?? "",
    expiresAt: instantOrNull(row.expires_at) ?? "",
    lastUsedAt: instantOrNull(row.last_used_at),
    revokedAt: instantOrNull(row.revoked_at),
  };
}
