import { StateTag, useGet, useTexts } from "../../../web/kit.ts";
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

/** What a list says of a record in few words: a name or address it is about, else the beginning of its line. */
export function gistOf(record: LogRecord): string {
  return record.domain || record.url || record.user || record.original.slice(0, 160);
}

/** Text as devices print it, or a dash. */
export function Mono({ children }: { readonly children: string }) {
  return children === "" ? <span className="muted">–</span> : <span className="mono">{children}</span>;
}
