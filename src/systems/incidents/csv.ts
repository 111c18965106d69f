import { taipeiTime } from "./clock-mail.ts";
import type { Incident } from "./model.ts";

const COLUMNS: readonly [string, (one: Incident, org: string) => string][] = [
  ["number 編號", (one) => one.number],
  ["state 狀態", (one) => one.state],
  ["level 等級", (one) => String(one.level)],
  ["organisation 機關", (_, org) => org],
  ["title 標題", (one) => one.title],
  ["tlp", (one) => one.tlp],
  ["aware 知悉（臺北時間）", (one) => taipeiTime(one.awareAt)],
  ["reported 通報（臺北時間）", (one) => taipeiTime(one.reportedAt)],
  ["next duty 下一項應辦", (one) => one.next?.names.zh ?? ""],
  ["due 應完成（臺北時間）", (one) => (one.next === null ? "" : taipeiTime(one.next.dueAt))],
  ["overdue 逾期", (one) => (one.overdue ? "yes" : "")],
];

/** RFC 4180 with a byte order mark, so that spreadsheets read the Chinese. */
export function incidentsCsv(incidents: readonly Incident[], orgName: (orgId: string) => string): string {
  const rows = incidents.map((one) =>
    COLUMNS.map(([, read]) => cell(read(one, orgName(one.orgId)))).join(","),
  );
  return `\uFEFF${[COLUMNS.map(([name]) => cell(name)).join(","), ...rows].join("\r\n")}\r\n`;
}

/** A spreadsheet would run what begins like a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
