import type { Condition } from "../sigma/condition.ts";
import type { CorrelationRule, Range } from "./rule.ts";

/** An event as one correlation rule counts it. */
export interface Entry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly eventId: string;
  /** Which of the rule's `rules` it matched. */
  readonly position: number;
  /** The text of the counted field, or the number to reckon with; undefined where the event has none. */
  readonly value: string | number | undefined;
}

/** The entries of one key that are younger than the rule's timespan, in order, and what the rule asks of them. */
export class Window {
  readonly #rule: CorrelationRule;
  #entries: Entry[] = [];
  #head = 0;
  /** The time of the oldest entry, beside it so that a window in which nothing ends is not looked into. */
  #oldest = Number.POSITIVE_INFINITY;
  // There are as many windows as keys: each has only what its type asks for.
  readonly #perRule: number[] | undefined;
  readonly #perValue: Map<string, number> | undefined;
  /** The numbers of the window in ascending order. */
  readonly #sorted: number[] | undefined;
  #sum = 0;
  #numbers = 0;
  /** Since the window was last empty all numbers were whole, so that subtraction takes back what addition gave. */
  #whole = true;
  /** When the rule last fired for this key. */
  firedAt = Number.NEGATIVE_INFINITY;

  constructor(rule: CorrelationRule) {
    this.#rule = rule;
    const { type } = rule;
    this.#perRule = type.startsWith("temporal") ? rule.rules.map(() => 0) : undefined;
    this.#perValue = type === "value_count" ? new Map() : undefined;
    this.#sorted = type === "value_percentile" || type === "value_median" ? [] : undefined;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  get lastAt(): number {
    return this.#entries.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  }

  /** The entries, oldest first. */
  entries(): readonly Entry[] {
    return this.#entries.slice(this.#head);
  }

  add(entry: Entry): void {
    if (this.#head === this.#entries.length) this.#oldest = entry.at;
    this.#entries.push(entry);
    if (this.#perRule !== undefined) this.#perRule[entry.position] = (this.#perRule[entry.position] ?? 0) + 1;
    const { value } = entry;
    if (value === undefined) return;
    if (typeof value === "number") this.#addNumber(value);
    else this.#perValue?.set(value, (this.#perValue.get(value) ?? 0) + 1);
  }

  /** Lets go of entries that are as old as the timespan at `now`. */
  expire(now: number): void {
    const oldest = now - this.#rule.span;
    if (this.#oldest > oldest) return;
    let first = this.#entries[this.#head];
    while (first !== undefined && first.at <= oldest) {
      this.shift();
      first = this.#entries[this.#head];
    }
  }

  /** Lets go of the oldest entry. */
  shift(): void {
    const entry = this.#entries[this.#head];
    if (entry === undefined) return;
    this.#head += 1;
    if (this.#head > 32 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    this.#oldest = this.#entries[this.#head]?.at ?? Number.POSITIVE_INFINITY;
    if (this.#perRule !== undefined) this.#perRule[entry.position] = (this.#perRule[entry.position] ?? 0) - 1;
    const { value } = entry;
    if (value === undefined) return;
    if (typeof value === "number") {
      this.#dropNumber(value);
      return;
    }
    const count = (this.#perValue?.get(value) ?? 0) - 1;
    if (count > 0) this.#perValue?.set(value, count);
    else this.#perValue?.delete(value);
  }

  #addNumber(value: number): void {
    this.#sorted?.splice(placeOf(this.#sorted, value), 0, value);
    if (this.#numbers === 0) this.#whole = true;
    this.#whole &&= Number.isSafeInteger(value) && Number.isSafeInteger(this.#sum + value);
    this.#sum = this.#numbers === 0 ? value : this.#sum + value;
    this.#numbers += 1;
  }

  #dropNumber(value: number): void {
    this.#sorted?.splice(placeOf(this.#sorted, value), 1);
    this.#numbers -= 1;
    if (this.#whole) this.#sum -= value;
    else {
      this.#sum = 0;
      for (let at = this.#head; at < this.#entries.length; at++) {
        const one = this.#entries[at]?.value;
        if (typeof one === "number") this.#sum += one;
      }
    }
  }

  /** The count or value that the rule's ranges are about; undefined where there is none, as the mean of nothing. */
  measure(): number | undefined {
    switch (this.#rule.type) {
      case "event_count":
        return this.size;
      case "value_count":
        return this.#perValue?.size ?? 0;
      case "value_sum":
        return this.#numbers === 0 ? undefined : this.#sum;
      case "value_avg":
        return this.#numbers === 0 ? undefined : this.#sum / this.#numbers;
      case "value_percentile":
        return percentileOf(this.#sorted ?? [], this.#rule.percentile);
      case "value_median":
        return percentileOf(this.#sorted ?? [], 50);
      default:
        return (this.#perRule ?? []).reduce((seen, count) => seen + (count > 0 ? 1 : 0), 0);
    }
  }

  /** Whether the rule's condition holds of what is in the window. */
  met(): boolean {
    const { type, condition, ranges, rules } = this.#rule;
    if (type !== "temporal" && type !== "temporal_ordered") return inRanges(this.measure(), ranges);
    if (condition === undefined) {
      if (ranges.length > 0) return inRanges(this.measure(), ranges);
      if (this.#perRule?.some((count) => count === 0) !== false) return false;
      return type === "temporal" || this.#reached(rules.map((_, at) => at)) >= 0;
    }
    return type === "temporal" ? this.#holds(condition) : this.#after(condition, this.#head) >= 0;
  }

  #holds(condition: Condition): boolean {
    switch (condition.kind) {
      case "search":
        return this.#seen(condition.name);
      case "not":
        return !this.#holds(condition.of);
      case "and":
        return condition.of.every((one) => this.#holds(one));
      case "or":
        return condition.of.some((one) => this.#holds(one));
    }
  }

  #seen(name: string): boolean {
    return (this.#perRule?.[this.#rule.rules.indexOf(name)] ?? 0) > 0;
  }

  /** Where one can go on after the positions have been met one after the other; -1 where they have not. */
  #reached(positions: readonly number[]): number {
    let at = this.#head;
    for (const position of positions) {
      at = this.#next(position, at);
      if (at < 0) return -1;
    }
    return at;
  }

  #next(position: number, from: number): number {
    for (let at = from; at < this.#entries.length; at++) {
      if (this.#entries[at]?.position === position) return at + 1;
    }
    return -1;
  }

  /** The parts of an "and" come one after the other; what is negated is nowhere in the window. */
  #after(condition: Condition, from: number): number {
    switch (condition.kind) {
      case "search":
        return this.#next(this.#rule.rules.indexOf(condition.name), from);
      case "not":
        return this.#holds(condition.of) ? -1 : from;
      case "and": {
        let at = from;
        for (const one of condition.of) {
          at = this.#after(one, at);
          if (at < 0) return -1;
        }
        return at;
      }
      case "or": {
        const ends = condition.of.map((one) => this.#after(one, from)).filter((at) => at >= 0);
        return ends.length === 0 ? -1 : Math.min(...ends);
      }
    }
  }
}

/** Whether a number lies in all the ranges; one that does not exist lies in none. */
export function inRanges(value: number | undefined, ranges: readonly Range[]): boolean {
  if (value === undefined) return false;
  for (let at = 0; at < ranges.length; at++) if (!inRange(value, ranges[at] as Range)) return false;
  return true;
}

function inRange(value: number, { op, than }: Range): boolean {
  switch (op) {
    case "gt":
      return value > than;
    case "gte":
      return value >= than;
    case "lt":
      return value < than;
    case "lte":
      return value <= than;
    case "eq":
      return value === than;
    case "neq":
      return value !== than;
  }
}

/** Between two of the ordered numbers in a straight line. */
function percentileOf(sorted: readonly number[], percentile: number): number | undefined {
  const place = ((sorted.length - 1) * percentile) / 100;
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (low === undefined || high === undefined) return undefined;
  return low + (high - low) * (place - Math.floor(place));
}

/** The first place whose number is not smaller. */
function placeOf(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
