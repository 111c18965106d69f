import { StateTag, useGet, useTexts } from "../../../web/kit.ts";
import "./log.css";
import type { LogRecord } from "../model.ts";

export const LOGS = "/api/v1/logs";

interface Parsers {
  readonly items: readonly { readonly id: string; readonly product: string }[];
}

/** The products whose logs are understood, by parser id. */
export function useProducts(): ReadonlyMap<string, string> {
  const got = useGet<Parsers>("/api/v1/ingest/parsers");
  return new Map((got.data?.items ?? []).map(({ id, product }) => [id, product]));
}

/** Success, failure, or nothing where the record says neither. */
export function OutcomeTag({ outcome }: { readonly outcome: string }) {
  const t = useTexts("detection");
  if (outcome === "success") return <StateTag tone="done">{t("log.outcome.success")}</StateTag>;
  if (outcome === "failure") return <StateTag tone="bad">{t("log.outcome.failure")}</StateTag>;
  return <span className="muted">–</span>;
}

/** `192.0.2.7:443`, `[2001:db8::7]:443`, or the address alone. */
export function endText(address: string, port: number): string {
  if (address === "" || port === 0) return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Syslog's own beginning, both ages: `<34>`, `1 2026-11-23T06:05:12Z host`, `Nov 23 14:05:12 host`. */
const PRIORITY = /^<\d{1,3}>/;
const STAMPS: readonly RegExp[] = [
  /^1 \d{4}-\d\d-\d\dT\S{1,40} \S{1,255} /,
  /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,20} /,
  /^\*?[A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?:? /,
  /^date=\d{4}-\d\d-\d\d time=\d\d:\d\d:\d\d /,
];

/** A line without the priority and time that begin it: both stand in columns of their own. */
export function withoutStamp(line: string): string {
  return STAMPS.reduce((rest, stamp) => rest.replace(stamp, ""), line.replace(PRIORITY, ""));
}

/** What a list says of a record in few words: a name or address it is about, else what its line says. */
export function gistOf(record: LogRecord): string {
  return record.domain || record.url || record.user || withoutStamp(record.original).slice(0, 160);
}

/** A cell that gives way to its neighbours: what does not fit shows on hover. A dash for nothing. */
export function Cut({ children }: { readonly children: string }) {
  if (children === "") return <span className="muted">–</span>;
  return (
    <span className="cell-cut" title={children}>
      {children}
    </span>
  );
}

/** What happened and which product says so; that nobody understood the line where no parser did. */
export function What({ of, product }: { readonly of: LogRecord; readonly product: string }) {
  const t = useTexts("detection");
  if (!of.parsed) return <StateTag tone="waiting">{t("log.parsed.false")}</StateTag>;
  return (
    <>
      <Cut>{of.action}</Cut>
      <span className="muted small">
        <Cut>{product}</Cut>
      </span>
    </>
  );
}

/** The line of a record, below the rules that it met: its first lines, or the whole of it. */
export function Line({ of, whole }: { readonly of: LogRecord; readonly whole: boolean }) {
  const t = useTexts("detection");
  return (
    <>
      {of.rules.length > 0 && (
        <span className="log-rules small">
          <span className="muted">{t("log.rules")}</span> <strong>{of.rules.join(t("kit:comma"))}</strong>
        </span>
      )}
      <span className={whole ? "log-line log-line-whole mono small" : "log-line mono small"}>
        {whole ? of.original : withoutStamp(of.original)}
      </span>
    </>
  );
}

/** Where a record comes from and, on the next line, where it goes to. */
export function Ends({ of }: { readonly of: LogRecord }) {
  const from = endText(of.sourceIp, of.sourcePort);
  const to = endText(of.destinationIp, of.destinationPort);
  if (from === "" && to === "") return <span className="muted">–</span>;
  return (
    <>
      {from !== "" && <span className="cell-two mono small">{from}</span>}
      {to !== "" && <span className="cell-two mono small">→ {to}</span>}
    </>
  );
}
