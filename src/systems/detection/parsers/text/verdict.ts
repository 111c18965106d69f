import type { EcsDraft } from "../parser.ts";

const DENYING = new Set(
  "deny denied block blocked drop dropped reset reset_client reset_server reset-both reset-client reset-server ip-conn clear_session redirect quarantine quarantined discard discarded drop-session blocklist reject rejected prevent drop-all-packets block-url block-ip block-continue sinkhole clean cleaned delete deleted terminated fail failed r d challenge managed_challenge jschallenge tcp_denied policy_denied".split(
    " ",
  ),
);
const ALLOWING = new Set(
  "accept accepted pass passed passthrough permit permitted allow allowed close client-rst server-rst timeout start monitored monitor detected detect exempt log alert bypass continue forward p a proxied alerted".split(
    " ",
  ),
);

/** Whether the device let it through; `undefined` where the word, in lower case, is no verdict. */
export function verdictOf(action: string): "allowed" | "denied" | undefined {
  if (DENYING.has(action)) return "denied";
  return ALLOWING.has(action) ? "allowed" : undefined;
}

const JUDGED_TYPES = new WeakMap<
  readonly string[],
  { allowed: readonly string[]; denied: readonly string[] }
>();

/** `event.type` with the verdict at its end: of a list that many records share, one list that they share, too. */
export function judgedType(type: readonly string[], verdict: "allowed" | "denied"): readonly string[] {
  let judged = JUDGED_TYPES.get(type);
  if (judged === undefined) {
    judged = { allowed: [...type, "allowed"], denied: [...type, "denied"] };
    JUDGED_TYPES.set(type, judged);
  }
  return judged[verdict];
}

/** Categories that `allowed` and `denied` may stand beside (ECS 8, "event.type"). */
const JUDGED = new Set(["network", "intrusion_detection", "api"]);

/** `event.outcome`, and `allowed` or `denied` in `event.type` where the category has these, from the vendor's word for what it did. */
export function verdictFields(draft: EcsDraft, action: string): void {
  const verdict = verdictOf(action.toLowerCase());
  if (verdict === undefined) return;
  draft["event.outcome"] = verdict === "denied" ? "failure" : "success";
  const categories = draft["event.category"];
  if (Array.isArray(categories) && !categories.some((one) => JUDGED.has(String(one)))) return;
  const types = draft["event.type"];
  draft["event.type"] = [...(Array.isArray(types) ? types : []), verdict];
}
