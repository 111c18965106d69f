import { table } from "../text/table.ts";
/** What kind of event a FortiOS record is, in the words of ECS. */
export interface Kind {
  readonly category: readonly string[];
  /** `event.type` before allowed or denied are added. */
  readonly type: readonly string[];
}

const NETWORK: Kind = { category: ["network"], type: ["connection"] };
const HOST: Kind = { category: ["host"], type: ["info"] };

const UTM = table<Kind>({
  virus: { category: ["malware", "network"], type: ["info"] },
  ips: { category: ["intrusion_detection", "network"], type: ["info"] },
  anomaly: { category: ["intrusion_detection", "network"], type: ["info"] },
  webfilter: { category: ["web", "network"], type: ["access"] },
  waf: { category: ["intrusion_detection", "web", "network"], type: ["access"] },
  dns: { category: ["network"], type: ["protocol"] },
  emailfilter: { category: ["email", "network"], type: ["info"] },
  "file-filter": { category: ["file", "network"], type: ["info"] },
  dlp: { category: ["file", "network"], type: ["info"] },
  cifs: { category: ["file", "network"], type: ["info"] },
});

const CHANGES = table<string>({
  add: "creation",
  edit: "change",
  delete: "deletion",
  move: "change",
  rename: "change",
  clone: "creation",
});

const LOGIN_WORDS = [
  "login",
  "logout",
  "logon",
  "logoff",
  "authentication",
  "auth-",
  "ssl-login",
  "ssl-new-con",
];
const OPENING = ["login", "logon", "tunnel-up", "ssl-login", "auth-success"];

/** By type, subtype and, for events of the device itself, what was done. */
export function kindOf(type: string, subtype: string, action: string, configures: boolean): Kind {
  if (type === "traffic") return NETWORK;
  if (type === "utm" || type === "ips" || type === "virus" || type === "webfilter" || type === "anomaly") {
    return UTM[subtype] ?? UTM[type] ?? { category: ["network"], type: ["info"] };
  }
  if (type === "dns") return { category: ["network"], type: ["protocol"] };
  if (type !== "event") return { category: ["network"], type: ["info"] };
  if (configures) {
    return { category: ["configuration"], type: [CHANGES[action] ?? "change"] };
  }
  if (LOGIN_WORDS.some((word) => action.includes(word)) || subtype === "user") {
    return {
      category: ["authentication"],
      type: [OPENING.some((word) => action.startsWith(word)) ? "start" : "info"],
    };
  }
  if (subtype === "vpn") {
    if (action === "tunnel-up") return { category: ["network", "session"], type: ["connection", "start"] };
    if (action === "tunnel-down") return { category: ["network", "session"], type: ["connection", "end"] };
    return { category: ["network"], type: ["connection"] };
  }
  if (subtype === "wireless" || subtype === "wad" || subtype === "router")
    return { category: ["network"], type: ["info"] };
  return HOST;
}

const FAILED = ["fail", "denied", "deny", "timed-out", "lock", "reject", "error", "invalid"];

/** Success or failure of what a user or the device tried, from the words that FortiOS uses for it. */
export function outcomeOf(
  status: string,
  action: string,
  logdesc: string,
): "success" | "failure" | undefined {
  const word = status === "" ? `${action} ${logdesc}` : status;
  const lower = word.toLowerCase();
  if (FAILED.some((failed) => lower.includes(failed))) return "failure";
  if (lower.includes("success") || lower.includes("tunnel-up") || status === "up") return "success";
  return undefined;
}
