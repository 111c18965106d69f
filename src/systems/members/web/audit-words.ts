import { auditTexts } from "./audit-texts.ts";

export interface AuditLine {
  readonly seq: number;
  readonly at: string;
  readonly actor: { readonly kind: string; readonly id: string; readonly name: string };
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The text of a word of the audit log, or undefined where none is written for it. */
export function auditText(kind: "did" | "by" | "detail", word: string): string | undefined {
  const key = `${kind}.${word}`;
  return key in auditTexts.zh ? `members:${key}` : undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Where a thing's page is, by the beginning of what was done to it. Contacts and keys have none of their own. */
const PAGES: readonly (readonly [action: string, page: string])[] = [
  ["incidents.", "/incidents/"],
  ["alerts.", "/alerts/"],
  ["members.account-", "/accounts/"],
  ["members.org-", "/orgs/"],
  ...["draft", "edit", "submit", "reject", "approve", "release", "withdraw"].map(
    (act) => [`intel.${act}`, "/intel/"] as const,
  ),
];

/** The page of the thing that a line is about. */
export function pageOf({ action, subject }: Pick<AuditLine, "action" | "subject">): string | undefined {
  if (!UUID.test(subject)) return undefined;
  const page = PAGES.find(([begin]) =>
    begin.endsWith(".") || begin.endsWith("-") ? action.startsWith(begin) : action === begin,
  );
  return page === undefined ? undefined : page[1] + subject;
}

/** What people call the thing: its number or name where the line tells it, else its id. */
export function nameOf({ detail, subject }: Pick<AuditLine, "detail" | "subject">): string {
  const name = detail.number ?? detail.name ?? detail.shortName;
  return typeof name === "string" && name !== "" ? name : subject;
}
