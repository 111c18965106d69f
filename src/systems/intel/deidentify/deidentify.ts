import type { IndicatorValue } from "../model.ts";
import { detect, type Finding, type RemovedKind } from "./detect.ts";
import { foldText } from "./fold.ts";
import { domainOfEmail } from "./mail-domain.ts";
import type { Matcher } from "./secrets.ts";

/** One thing taken out, for the reviewer's eyes: where it stood, what it was and what stands there now. */
export interface Removed {
  readonly kind: RemovedKind;
  /** `title`, `description` or `indicators.2`. */
  readonly where: string;
  readonly before: string;
  /** Empty where an indicator went as a whole. */
  readonly after: string;
}

const IN_PLACE: Readonly<Record<RemovedKind, string>> = {
  organisation: "[機關]",
  person: "[人員]",
  email: "[電子郵件]",
  phone: "[電話]",
  "national-id": "[證號]",
  "internal-address": "[內部位址]",
  "internal-host": "[內部主機]",
  credentials: "[帳密]",
  "user-path": "[使用者]",
  encoded: "[已移除]",
};
/** Stands where the usual word would itself be a secret. */
const BLANK = "[■]";
const ROUNDS = 6;

/**
 * The text without what may not leave, and what was taken out. Public addresses and foreign domains stay. The
 * result never holds anything that `detect` finds: should removal not come to an end, the whole text goes.
 */
export function deidentifyText(
  text: string,
  matcher: Matcher,
  where: string,
  keep: ReadonlySet<string> = new Set(),
): { text: string; removed: Removed[] } {
  const removed: Removed[] = [];
  let now = text;
  for (let round = 0; round < ROUNDS; round++) {
    const spans = joined(detect(now, matcher, keep));
    if (spans.length === 0) return { text: now, removed };
    let rest = "";
    let at = 0;
    for (const span of spans) {
      const after = wordFor(span.kind, matcher);
      removed.push({ kind: span.kind, where, before: now.slice(span.start, span.end), after });
      rest += now.slice(at, span.start) + after;
      at = span.end;
    }
    now = rest + now.slice(at);
  }
  if (detect(now, matcher, keep).length === 0) return { text: now, removed };
  return { text: BLANK, removed: [...removed, { kind: "encoded", where, before: now, after: BLANK }] };
}

function wordFor(kind: RemovedKind, matcher: Matcher): string {
  return detect(IN_PLACE[kind], matcher).length === 0 ? IN_PLACE[kind] : BLANK;
}

/** Overlapping findings as one, under the kind of the longest. */
function joined(findings: readonly Finding[]): Finding[] {
  const sorted = [...findings].sort((a, b) => a.start - b.start || b.end - a.end);
  const spans: Finding[] = [];
  for (const finding of sorted) {
    const last = spans.at(-1);
    if (last === undefined || finding.start >= last.end) {
      spans.push(finding);
      continue;
    }
    const kind = finding.end - finding.start > last.end - last.start ? finding.kind : last.kind;
    spans[spans.length - 1] = { kind, start: last.start, end: Math.max(last.end, finding.end) };
  }
  return spans;
}

/** E-mail addresses that are indicators, as `keep` wants them: the attacker's, never the organisation's own. */
export function keptEmails(indicators: readonly IndicatorValue[]): Set<string> {
  return new Set(indicators.filter((each) => each.type === "email").map((each) => foldText(each.value).text));
}

/** The indicators that may leave; the organisation's own addresses, hosts and mailboxes go as a whole. */
export function deidentifyIndicators(
  indicators: readonly IndicatorValue[],
  matcher: Matcher,
): { indicators: IndicatorValue[]; removed: Removed[] } {
  const keep = keptEmails(indicators);
  const removed: Removed[] = [];
  const kept = indicators.flatMap((indicator, at) => {
    const where = `indicators.${at}`;
    const bare = indicator.type === "url" ? withoutCredentials(indicator.value) : indicator.value;
    const finding = giveaway(indicator.type, bare, matcher, keep);
    if (finding !== undefined) {
      removed.push({ kind: finding, where, before: indicator.value, after: "" });
      return [];
    }
    if (bare !== indicator.value)
      removed.push({ kind: "credentials", where, before: indicator.value, after: bare });
    return [{ ...indicator, value: bare }];
  });
  return { indicators: kept, removed };
}

function giveaway(
  type: IndicatorValue["type"],
  value: string,
  matcher: Matcher,
  keep: ReadonlySet<string>,
): RemovedKind | undefined {
  if (type === "md5" || type === "sha1" || type === "sha256") return undefined;
  if (type === "domain" && !value.includes(".")) return "internal-host";
  if (type === "email" && domainOfEmail(value) === "") return "email";
  if (type === "url") {
    const host = hostOf(value);
    // A number or a name without a dot as host is an address written otherwise, or a machine inside.
    if (host === undefined || matcher.networks.holds(host.replace(/^\[|\]$/g, ""))) return "internal-address";
    if (!host.includes(".") && !host.includes(":")) return "internal-host";
  }
  return detect(value, matcher, keep)[0]?.kind;
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** The URL as it was, only without `user:password@`. */
function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/i, "$1");
}
