import { type Instant, instantOf, millis } from "../../../core/instant.ts";
import type { OrgId } from "../../../core/org.ts";
import type { Tlp } from "../../../core/tlp.ts";
import { sha256Hex } from "../../../platform/crypto/digest.ts";
import type { Work } from "../../../platform/records/work.ts";
import { CountingStore } from "./counting.ts";
import { clean, mainEntityOf } from "./entities.ts";
import type { Alert, AlertLevel, SampleEvent, Why } from "./model.ts";
import { gather } from "./rules.ts";

/** That one stored event met one rule. */
export interface MatchedEvent {
  readonly orgId: OrgId;
  /** AMBER unless told: the member and those who watch over it. */
  readonly tlp?: Tlp;
  /** The event's id in the events store; the same event always has the same one. */
  readonly eventId: string;
  /** The time of the event itself. */
  readonly at: Instant;
  /** What it stands for where it is no single event: how many, and since when. */
  readonly stands?: { readonly count: number; readonly since: Instant };
  readonly record: Readonly<Record<string, unknown>>;
  /** The bytes of its line in base64 where `event.original` written as UTF-8 is not they. */
  readonly originalBase64?: string;
  readonly match: {
    readonly ruleId: string;
    readonly title: string;
    readonly titleZh?: string;
    readonly level: AlertLevel;
    readonly tags?: readonly string[];
    readonly why?: readonly Why[];
    /** By what matches are gathered, `domain evil.example`; by the record's main entity unless told. */
    readonly entity?: string;
    /** Matches this near to an open alert join it, in milliseconds; an hour unless told. */
    readonly joinWithin?: number;
  };
}

export interface Raised {
  /** Alerts that are new. */
  readonly alerts: readonly Alert[];
  /** Matches that had not been counted before. */
  readonly counted: number;
}

/** What the matches of one alert have in common. */
export interface Common {
  readonly orgId: OrgId;
  readonly tlp: Tlp;
  readonly mainEntity: string;
  readonly rule: MatchedEvent["match"];
}

export interface Match extends SampleEvent {
  readonly common: Common;
  /** How many events it stands for, the first of them at `since`. */
  readonly count: number;
  readonly since: Instant;
}

/**
 * Turns matches into alerts: those of one rule, organisation and main entity within an hour join one open alert. A rule
 * and event that were counted before count nothing, so the same input may come any number of times, in any order.
 * Tells `alerts.raised` for each new alert.
 */
export async function raiseAlerts(work: Work, matched: readonly MatchedEvent[]): Promise<Raised> {
  const store = new CountingStore(work);
  const seen = new Set<string>();
  const matches: Match[] = [];
  for (const one of matched) {
    const match = matchOf(one);
    const pair = JSON.stringify([match.common.rule.ruleId, match.eventId]);
    if (seen.has(pair)) continue;
    seen.add(pair);
    matches.push(match);
  }
  if (matches.length === 0) return { alerts: [], counted: 0 };
  await store.lock([...new Set(matches.map((match) => lockNumber(keyOf(match))))]);
  const fresh = Map.groupBy(await store.uncounted(matches), keyOf);
  if (fresh.size === 0) return { alerts: [], counted: 0 };
  const lists = [...fresh.values()];
  const open = await store.openFor(lists);
  const groups = lists.flatMap((list, at) => gather(open[at] ?? [], list, list[0]?.common.rule.joinWithin));
  const { alerts, counted } = await store.add(groups);
  for (const alert of alerts) {
    work.emit({
      topic: "alerts.raised",
      subject: alert.id,
      marked: { orgId: alert.orgId, tlp: alert.tlp, audience: [] },
      data: {
        ruleId: alert.ruleId,
        title: alert.title,
        titleZh: alert.titleZh,
        level: alert.level,
        mainEntity: alert.mainEntity,
        count: alert.count,
        firstSeen: alert.firstSeen,
      },
    });
  }
  return { alerts, counted };
}

const RECORD_FIELDS = 200;
const VALUE_CHARS = 2000;
/** Of base64 whole groups of four. */
const BASE64_CHARS = 8000;

function matchOf(one: MatchedEvent): Match {
  return {
    eventId: one.eventId,
    at: instantOf(millis(one.at)),
    why: (one.match.why ?? [])
      .slice(0, 20)
      .map(({ field, value }) => ({ field: clean(field), value: short(value) })),
    record: shortRecord(one.record),
    ...(one.originalBase64 !== undefined && { originalBase64: one.originalBase64.slice(0, BASE64_CHARS) }),
    count: one.stands?.count ?? 1,
    since: instantOf(Math.min(millis(one.stands?.since ?? one.at), millis(one.at))),
    common: {
      orgId: one.orgId,
      tlp: one.tlp ?? "amber",
      mainEntity: one.match.entity === undefined ? mainEntityOf(one.record) : clean(one.match.entity),
      rule: one.match,
    },
  };
}

function shortRecord(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(record).slice(0, RECORD_FIELDS);
  return Object.fromEntries(entries.map(([field, value]) => [clean(field), shortValue(value)]));
}

function shortValue(value: unknown): unknown {
  if (typeof value === "string") return short(value);
  if (Array.isArray(value)) return value.slice(0, 50).map(shortValue);
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}

function short(text: string): string {
  return clean(text.slice(0, VALUE_CHARS));
}

/** What matches have in common that one alert gathers. */
function keyOf({ common: { orgId, rule, mainEntity } }: Match): string {
  return JSON.stringify([orgId, rule.ruleId, mainEntity]);
}

/** Apart from other advisory locks of the store. */
const FIRST_LOCK = 0x616c_6572_7400n;
/** A batch may raise thousands of alerts, and the store has room for some thousand locks in all. */
const LOCKS = 256;

/** The number of a key's advisory lock; keys that share one merely wait for each other. */
function lockNumber(key: string): string {
  return (FIRST_LOCK + BigInt(Number.parseInt(sha256Hex(key).slice(0, 8), 16) % LOCKS)).toString();
}
