import { instantOf } from "../../../core/instant.ts";
import { Problem } from "../../../core/problem.ts";
import { AlertQuery } from "./model.ts";
import type { MatchedEvent } from "./raise.ts";

/** What the alerts' tests migrate. */
export const SYSTEMS = [
  { name: "members", migrations: new URL("../../members/migrations/", import.meta.url) },
  { name: "detection", migrations: new URL("../migrations/", import.meta.url) },
];
export const BASE = Date.parse("2026-11-22T00:00:00Z");

/** A match of rule `r1`, so many minutes after BASE. */
export function matched(
  orgId: string,
  eventId: string,
  minutes: number,
  given: Partial<MatchedEvent["match"]> & { ip?: string } = {},
): MatchedEvent {
  const { ip = "203.0.113.7", ...match } = given;
  return {
    orgId,
    eventId,
    at: instantOf(BASE + minutes * 60_000),
    record: { "source.ip": ip, "user.name": "root", message: `event ${eventId}` },
    match: {
      ruleId: "r1",
      title: "Admin login failed",
      level: "medium",
      why: [{ field: "user.name", value: "root" }],
      ...match,
    },
  };
}

export const list = (query: Record<string, unknown> = {}) => AlertQuery.parse(query);

export function refuses(code: string) {
  return (error: unknown) => error instanceof Problem && error.code === code;
}
