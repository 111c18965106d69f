import type { Work } from "../../../platform/records/work.ts";
import { listAlerts } from "./list.ts";
import type { Alert, AlertFilter } from "./model.ts";

/** Rows of one export at most; `truncated` says that there are more. */
export const EXPORT_ROWS = 10_000;
const PAGE = 200;

/** What the list with the same filter shows, page after page. */
export async function alertsToExport(
  work: Work,
  filter: AlertFilter,
): Promise<{ alerts: Alert[]; truncated: boolean }> {
  const alerts: Alert[] = [];
  let cursor: string | undefined;
  do {
    const page = await listAlerts(work, { ...filter, limit: PAGE, cursor });
    alerts.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && alerts.length < EXPORT_ROWS);
  work.audit({ action: "alerts.export", subject: "alerts", detail: { rows: alerts.length } });
  return { alerts, truncated: cursor !== undefined };
}

const COLUMNS: readonly (readonly [string, (alert: Alert) => string | number])[] = [
  ["id", (alert) => alert.id],
  ["raised_at", (alert) => alert.raisedAt],
  ["first_seen", (alert) => alert.firstSeen],
  ["last_seen", (alert) => alert.lastSeen],
  ["level", (alert) => alert.level],
  ["state", (alert) => alert.state],
  ["title", (alert) => alert.titleZh ?? alert.title],
  ["rule_id", (alert) => alert.ruleId],
  ["count", (alert) => alert.count],
  ["main_entity", (alert) => alert.mainEntity],
  ["source_ips", (alert) => alert.entities.sourceIps.join(" ")],
  ["destination_ips", (alert) => alert.entities.destinationIps.join(" ")],
  ["users", (alert) => alert.entities.users.join(" ")],
  ["hosts", (alert) => alert.entities.hosts.join(" ")],
  ["domains", (alert) => alert.entities.domains.join(" ")],
  ["assignee", (alert) => alert.assignee?.name ?? ""],
  ["reason", (alert) => alert.reason ?? ""],
  ["reason_text", (alert) => alert.reasonText ?? ""],
  ["incident_id", (alert) => alert.incidentId ?? ""],
  ["org_id", (alert) => alert.orgId],
  ["tlp", (alert) => alert.tlp],
];

/** CSV (RFC 4180) with the mark by which spreadsheets know UTF-8. */
export function alertsAsCsv(alerts: readonly Alert[]): string {
  const lines = [COLUMNS.map(([name]) => name).join(",")];
  for (const alert of alerts) lines.push(COLUMNS.map(([, read]) => cell(read(alert))).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`;
}

/** Text from a log that a spreadsheet would take for a formula is set after an apostrophe. */
function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const plain = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
