import { z } from "zod";
import { PERMISSIONS, Role } from "../../core/access.ts";
import { OrgId, OrgKind, Sector } from "../../core/org.ts";
import { Tlp } from "../../core/tlp.ts";

const ShortName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "lower-case letters, digits and hyphens, at most 40")
  .describe("Name for configuration and addresses, such as `wra-north`");

export const Org = z.object({
  id: OrgId,
  parentId: OrgId.nullable(),
  name: z.string().trim().min(1).max(120).describe("Name in Chinese"),
  nameEn: z.string().trim().max(160).describe("Name in English"),
  shortName: ShortName,
  kind: OrgKind,
  sector: Sector,
  /** Other names by which texts may call it; de-identification removes them, too. */
  aliases: z.array(z.string().trim().min(1).max(120)).max(20),
  /** Prefixes of its own networks, removed before anything is shared. */
  networks: z.array(z.union([z.cidrv4(), z.cidrv6()])).max(100),
  createdAt: z.iso.datetime(),
  version: z.number().int().positive(),
});
export type Org = z.infer<typeof Org>;

const orgFields = Org.omit({ id: true, createdAt: true, version: true });
export const NewOrg = orgFields.extend({
  parentId: OrgId.describe("The organisation above it"),
  nameEn: orgFields.shape.nameEn.default(""),
  aliases: orgFields.shape.aliases.default([]),
  networks: orgFields.shape.networks.default([]),
});
export type NewOrg = z.infer<typeof NewOrg>;
export const OrgChange = orgFields.partial().extend({ version: z.number().int().positive() });
export type OrgChange = z.infer<typeof OrgChange>;

export const AccountName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._@-]{1,79}$/, "lower-case letters, digits and . _ @ -, 2 to 80 characters");

export const Account = z.object({
  id: z.uuid(),
  orgId: OrgId,
  name: AccountName,
  displayName: z.string().trim().min(1).max(80),
  email: z.email().nullable(),
  roles: z.array(Role).min(1),
  state: z.enum(["active", "disabled"]),
  hasTotp: z.boolean(),
  mustChangePassword: z.boolean(),
  lockedUntil: z.iso.datetime().nullable(),
  lastSignInAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  version: z.number().int().positive(),
});
export type Account = z.infer<typeof Account>;

export const NewAccount = z.object({
  orgId: OrgId,
  name: AccountName,
  displayName: Account.shape.displayName,
  email: z.email().nullable().default(null),
  roles: Account.shape.roles,
});
export type NewAccount = z.infer<typeof NewAccount>;
export const AccountChange = z.object({
  displayName: Account.shape.displayName.optional(),
  email: z.email().nullable().optional(),
  roles: Account.shape.roles.optional(),
  state: Account.shape.state.optional(),
  version: z.number().int().positive(),
});
export type AccountChange = z.infer<typeof AccountChange>;
/** Shown once, when an account is made or reset. */
export const OneTimePassword = z.object({ account: Account, oneTimePassword: z.string() });
export type OneTimePassword = z.infer<typeof OneTimePassword>;

export const Contact = z.object({
  id: z.uuid(),
  orgId: OrgId,
  name: z.string().trim().min(1).max(80),
  title: z.string().trim().max(80),
  email: z.email().nullable(),
  phone: z.string().trim().max(40),
  /** 1 is called first. */
  rank: z.number().int().min(1).max(9),
  reachable24x7: z.boolean(),
  confirmedAt: z.iso.datetime().nullable(),
  version: z.number().int().positive(),
});
export type Contact = z.infer<typeof Contact>;
export const NewContact = z.object({
  orgId: OrgId,
  name: Contact.shape.name,
  title: Contact.shape.title.default(""),
  email: z.email().nullable().default(null),
  phone: Contact.shape.phone.default(""),
  rank: Contact.shape.rank.default(1),
  reachable24x7: z.boolean().default(false),
});
export type NewContact = z.infer<typeof NewContact>;
export const ContactChange = z.object({
  name: Contact.shape.name.optional(),
  title: Contact.shape.title.optional(),
  email: z.email().nullable().optional(),
  phone: Contact.shape.phone.optional(),
  rank: Contact.shape.rank.optional(),
  reachable24x7: z.boolean().optional(),
  /** True: who sends this has checked the entry today. */
  confirmed: z.literal(true).optional(),
  version: z.number().int().positive(),
});
export type ContactChange = z.infer<typeof ContactChange>;

/** What a machine's key may be allowed to do; a key never holds a person's rights. */
export const KEY_PERMISSIONS = [
  "platform:read",
  "logs:ingest",
  "logs:read",
  "alerts:read",
  "incidents:read",
  "incidents:report",
  "intel:read",
  "taxii:read",
  "taxii:write",
] as const;
export const ApiKey = z.object({
  id: z.uuid(),
  orgId: OrgId,
  name: z.string().trim().min(1).max(80),
  /** First characters of the secret or of the certificate's fingerprint, to tell keys apart; of a name it is empty. */
  prefix: z.string(),
  /** What logs in in place of a secret (TAXII 2.1 section 8.3.1): a pinned certificate, or a name under an authority. */
  certificate: z
    .object({
      sha256: z.string().nullable(),
      name: z.string().nullable(),
      subject: z.string().nullable(),
      expiresAt: z.iso.datetime().nullable(),
    })
    .nullable(),
  permissions: z.array(z.enum(KEY_PERMISSIONS)).min(1),
  clearance: Tlp,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
  revokedAt: z.iso.datetime().nullable(),
});
export type ApiKey = z.infer<typeof ApiKey>;
export const NewApiKey = z
  .object({
    orgId: OrgId,
    name: ApiKey.shape.name,
    permissions: ApiKey.shape.permissions,
    clearance: Tlp.default("amber"),
    expiresInDays: z.number().int().min(1).max(730).default(365),
    login: z
      .enum(["secret", "certificate", "certificate-name"])
      .default("secret")
      .describe("What the machine logs in with"),
    certificate: z
      .string()
      .trim()
      .max(20_000)
      .optional()
      .describe("PEM of the one certificate that logs in, known by its fingerprint"),
    certificateName: z
      .string()
      .trim()
      .max(253)
      .optional()
      .describe("Common or alternative name of certificates signed under http.tls.clientCa"),
  })
  .refine(({ login, certificate }) => login !== "certificate" || (certificate ?? "") !== "", {
    path: ["certificate"],
    message: "a certificate is wanted",
  })
  .refine(({ login, certificateName }) => login !== "certificate-name" || (certificateName ?? "") !== "", {
    path: ["certificateName"],
    message: "a name is wanted",
  });
export type NewApiKey = z.infer<typeof NewApiKey>;
/** The secret is shown in this answer and never again; a certificate needs none. */
export const IssuedApiKey = z.object({ key: ApiKey, secret: z.string().nullable() });
export type IssuedApiKey = z.infer<typeof IssuedApiKey>;

export const SignIn = z.object({
  name: z.string().min(1).max(80),
  password: z.string().min(1).max(200),
  code: z
    .string()
    .regex(/^\d{6}$/, "six digits")
    .optional(),
});
export const PasswordChange = z.object({
  current: z.string().min(1).max(200),
  next: z.string().min(1).max(200),
});
export const TotpCode = z.object({ code: z.string().regex(/^\d{6}$/, "six digits") });
export const TotpEnrolment = z.object({ secret: z.string(), uri: z.string() });

const OrgName = z.object({ id: OrgId, name: z.string(), nameEn: z.string() });
export const Session = z.object({
  account: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
  org: OrgName,
  /** Its own organisation and those it oversees. */
  orgs: z.array(OrgName),
  roles: z.array(Role),
  permissions: z.array(z.enum(PERMISSIONS)),
  clearance: Tlp,
  csrfToken: z.string(),
  /** What the account owes before anything else opens. */
  state: z.enum(["ok", "password-change-needed", "enrolment-needed"]),
  node: z.object({ name: z.string(), tier: z.string() }),
});
export type Session = z.infer<typeof Session>;

export const SessionEntry = z.object({
  id: z.uuid(),
  startedAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  address: z.string(),
  agent: z.string(),
  current: z.boolean(),
});
export type SessionEntry = z.infer<typeof SessionEntry>;
