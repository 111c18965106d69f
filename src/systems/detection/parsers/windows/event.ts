import type { EcsValue } from "../parser.ts";

/** A Windows event, whatever form it came in. */
export interface WindowsEvent {
  readonly code: string;
  readonly channel: string;
  readonly provider: string;
  readonly computer: string;
  readonly record: string;
  readonly level: string;
  /** As it is written; `zoneMinutes` of the context counts when it has no zone. */
  readonly time: string;
  readonly message: string;
  readonly processId: string;
  readonly threadId: string;
  readonly userSid: string;
  /** `EventData` and `UserData`, names as Windows writes them. */
  readonly data: ReadonlyMap<string, EcsValue>;
  /** What the shipper added and the system part has more. */
  readonly rest: ReadonlyMap<string, EcsValue>;
}
