/** What a Windows event means, by channel family and event id. */
export interface Kind {
  readonly action: string;
  readonly category: readonly string[];
  readonly type: readonly string[];
  readonly outcome?: "success" | "failure";
}

const kind = (action: string, category: string, type: string, outcome?: "success" | "failure"): Kind => ({
  action,
  category: category.split(" "),
  type: type.split(" "),
  ...(outcome === undefined ? {} : { outcome }),
});

const SYSMON: readonly (readonly [number, Kind])[] = [
  [1, kind("process-created", "process", "start")],
  [2, kind("file-time-changed", "file", "change")],
  [3, kind("network-connection", "network", "connection start")],
  [4, kind("service-state-changed", "process", "change")],
  [5, kind("process-terminated", "process", "end")],
  [6, kind("driver-loaded", "driver", "start")],
  [7, kind("image-loaded", "library", "start")],
  [8, kind("remote-thread-created", "process", "change")],
  [9, kind("raw-access-read", "file", "access")],
  [10, kind("process-accessed", "process", "access")],
  [11, kind("file-created", "file", "creation")],
  [12, kind("registry-object-changed", "registry", "change")],
  [13, kind("registry-value-set", "registry", "change")],
  [14, kind("registry-renamed", "registry", "change")],
  [15, kind("file-stream-created", "file", "creation")],
  [16, kind("configuration-changed", "configuration", "change")],
  [17, kind("pipe-created", "file", "creation")],
  [18, kind("pipe-connected", "file", "access")],
  [19, kind("wmi-filter", "process", "change")],
  [20, kind("wmi-consumer", "process", "change")],
  [21, kind("wmi-binding", "process", "change")],
  [22, kind("dns-query", "network", "protocol info")],
  [23, kind("file-deleted", "file", "deletion")],
  [24, kind("clipboard-changed", "host", "change")],
  [25, kind("process-tampered", "process", "change")],
  [26, kind("file-deleted", "file", "deletion")],
  [27, kind("file-blocked", "file", "info", "failure")],
  [28, kind("file-shredding-blocked", "file", "info", "failure")],
  [29, kind("executable-detected", "file", "creation")],
];

const SECURITY: readonly (readonly [number, Kind])[] = [
  [1102, kind("audit-log-cleared", "iam", "admin change", "success")],
  [4624, kind("logged-in", "authentication", "start", "success")],
  [4625, kind("logon-failed", "authentication", "start", "failure")],
  [4634, kind("logged-out", "authentication", "end", "success")],
  [4647, kind("logged-out", "authentication", "end", "success")],
  [4648, kind("logged-in-explicit", "authentication", "start", "success")],
  [4656, kind("handle-requested", "file", "access")],
  [4657, kind("registry-value-set", "registry", "change")],
  [4663, kind("object-accessed", "file", "access")],
  [4672, kind("logged-in-special", "iam", "admin", "success")],
  [4673, kind("privileged-service-called", "iam", "admin")],
  [4688, kind("created-process", "process", "start", "success")],
  [4689, kind("exited-process", "process", "end", "success")],
  [4697, kind("service-installed", "iam configuration", "admin change", "success")],
  [4698, kind("scheduled-task-created", "iam configuration", "admin change", "success")],
  [4719, kind("changed-audit-config", "iam configuration", "admin change", "success")],
  [4720, kind("added-user-account", "iam", "user creation", "success")],
  [4722, kind("enabled-user-account", "iam", "user change", "success")],
  [4723, kind("changed-password", "iam", "user change")],
  [4724, kind("reset-password", "iam", "user change")],
  [4725, kind("disabled-user-account", "iam", "user change", "success")],
  [4726, kind("deleted-user-account", "iam", "user deletion", "success")],
  [4728, kind("added-member-to-group", "iam", "group change", "success")],
  [4732, kind("added-member-to-group", "iam", "group change", "success")],
  [4740, kind("locked-out-user-account", "iam", "user change", "success")],
  [4756, kind("added-member-to-group", "iam", "group change", "success")],
  [4768, kind("kerberos-authentication-ticket-requested", "authentication", "start")],
  [4769, kind("kerberos-service-ticket-requested", "authentication", "start")],
  [4771, kind("kerberos-preauth-failed", "authentication", "start", "failure")],
  [4776, kind("credential-validated", "authentication", "start")],
  [5140, kind("network-share-accessed", "network file", "access")],
  [5145, kind("network-share-checked", "network file", "access")],
  [5156, kind("windows-firewall-connection", "network", "connection allowed", "success")],
  [5157, kind("windows-firewall-connection", "network", "connection denied", "failure")],
  [5158, kind("windows-firewall-bind", "network", "connection allowed", "success")],
];

const POWERSHELL: readonly (readonly [number, Kind])[] = [
  [400, kind("engine-started", "process", "start")],
  [403, kind("engine-stopped", "process", "end")],
  [600, kind("provider-changed", "process", "info")],
  [800, kind("pipeline-executed", "process", "info")],
  [4103, kind("command-executed", "process", "info")],
  [4104, kind("script-block", "process", "info")],
];

const SYSTEM: readonly (readonly [number, Kind])[] = [
  [104, kind("log-cleared", "host", "change", "success")],
  [7036, kind("service-state-changed", "process", "change")],
  [7045, kind("service-installed", "configuration", "creation", "success")],
];

const FAMILIES: readonly (readonly [word: string, kinds: ReadonlyMap<string, Kind>])[] = [
  ["sysmon", mapOf(SYSMON)],
  ["security", mapOf(SECURITY)],
  ["powershell", mapOf(POWERSHELL)],
  ["system", mapOf(SYSTEM)],
];

function mapOf(list: readonly (readonly [number, Kind])[]): ReadonlyMap<string, Kind> {
  return new Map(list.map(([code, value]) => [String(code), value]));
}

export function kindOf(channel: string, code: string): Kind | undefined {
  const lower = channel.toLowerCase();
  return FAMILIES.find(([word]) => lower.includes(word))?.[1].get(code);
}
