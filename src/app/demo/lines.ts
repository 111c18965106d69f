/**
 * Log lines of an invented water sector: what its devices say on a quiet day, and the steps of one attack.
 * Addresses outside are those kept for documentation (RFC 5737); names end in .example (RFC 2606) unless a rule has
 * to see a real ending. The same seed tells the same day.
 */

export interface Device {
  readonly name: string;
  readonly kind: "fortigate" | "asa" | "squid" | "bind";
  /** First three octets of the inside network. */
  readonly network: string;
}

/** A small pseudo-random source (mulberry32), so that a seed repeats a day. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const SITES = [
  "www.example.com",
  "mail.example.com",
  "update.example.net",
  "weather.example.org",
  "news.example.com",
  "ntp.example.net",
];

/** One harmless line of a device, at `at` (milliseconds since 1970). */
export function quietLine(device: Device, at: number, random: () => number): string {
  const pick = <T>(list: readonly [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0];
  const host = `${device.network}.${20 + Math.floor(random() * 60)}`;
  const far = `203.0.113.${1 + Math.floor(random() * 200)}`;
  const port = 40_000 + Math.floor(random() * 20_000);
  const site = pick(SITES as [string, ...string[]]);
  switch (device.kind) {
    case "fortigate":
      return fortigate(device, at, {
        logid: "0000000013",
        type: "traffic",
        subtype: "forward",
        level: "notice",
        srcip: host,
        srcport: port,
        srcintf: "office",
        dstip: far,
        dstport: pick([443, 443, 80, 123]),
        dstintf: "wan1",
        proto: 6,
        action: "close",
        policyid: 3,
        service: "HTTPS",
        dstcountry: pick(["Taiwan", "Japan", "United States"]),
        duration: Math.floor(random() * 90),
        sentbyte: Math.floor(random() * 9000),
        rcvdbyte: Math.floor(random() * 90_000),
      });
    case "asa":
      return asa(
        device,
        at,
        6,
        302_013,
        `Built outbound TCP connection ${port} for outside:${far}/443 (${far}/443) to inside:${host}/${port} (198.51.100.5/${port})`,
      );
    case "squid":
      return `${(at / 1000).toFixed(3)} ${String(Math.floor(random() * 900)).padStart(6)} ${host} TCP_MISS/200 ${Math.floor(random() * 90_000)} GET http://${site}/ - HIER_DIRECT/${far} text/html`;
    case "bind":
      return bind(at, host, port, site, pick(["A", "A", "AAAA"]));
  }
}

/** The attacker's places, all kept for documentation. */
export const ATTACKER = {
  scan: "198.51.100.66",
  entry: "192.0.2.45",
  control: "203.0.113.201",
  domain: "qzxkvbnhtrw7.top",
} as const;

/** What the devices say of one step of the attack. */
export const STEPS = {
  /** Somebody tries names at the administration page. */
  guessing: (device: Device, at: number) =>
    fortigate(device, at, {
      logid: "0100032002",
      type: "event",
      subtype: "system",
      level: "alert",
      logdesc: "Admin login failed",
      user: "admin",
      ui: `https(${ATTACKER.scan})`,
      srcip: ATTACKER.scan,
      action: "login",
      status: "failed",
      reason: "passwd_invalid",
      msg: `Administrator admin login failed from https(${ATTACKER.scan}) because of invalid password`,
    }),
  /** A known exploit meets the IPS. */
  exploit: (device: Device, at: number) =>
    fortigate(device, at, {
      logid: "0419016384",
      type: "utm",
      subtype: "ips",
      eventtype: "signature",
      level: "alert",
      severity: "critical",
      srcip: ATTACKER.scan,
      srcport: 40_411,
      dstip: `${device.network}.80`,
      dstport: 443,
      srcintf: "wan1",
      dstintf: "dmz",
      action: "detected",
      proto: 6,
      service: "HTTPS",
      policyid: 21,
      attack: "Web.Server.Remote.Code.Execution",
      attackid: 51_006,
      msg: "web_server: Web.Server.Remote.Code.Execution",
    }),
  /** The administration page opens to an address of the internet. */
  entry: (device: Device, at: number) =>
    fortigate(device, at, {
      logid: "0100032001",
      type: "event",
      subtype: "system",
      level: "information",
      logdesc: "Admin login successful",
      user: "admin",
      ui: `https(${ATTACKER.entry})`,
      srcip: ATTACKER.entry,
      action: "login",
      status: "success",
      msg: `Administrator admin logged in successfully from https(${ATTACKER.entry})`,
    }),
  /** An account that nobody ordered. */
  account: (device: Device, at: number) =>
    fortigate(device, at, {
      logid: "0100044547",
      type: "event",
      subtype: "system",
      level: "information",
      logdesc: "Object attribute configured",
      user: "admin",
      ui: `GUI(${ATTACKER.entry})`,
      action: "Add",
      cfgpath: "system.admin",
      cfgobj: "svc-backup",
      msg: "Add system.admin svc-backup",
    }),
  /** The gate controller's port answers to the internet. */
  control: (device: Device, at: number) =>
    fortigate(device, at, {
      logid: "0000000013",
      type: "traffic",
      subtype: "forward",
      level: "notice",
      srcip: ATTACKER.entry,
      srcport: 51_002,
      srcintf: "wan1",
      dstip: `${device.network}.12`,
      dstport: 502,
      dstintf: "scada",
      proto: 6,
      action: "accept",
      policyid: 9,
      service: "Modbus",
    }),
  /** Doors are tried one by one. */
  knocking: (device: Device, at: number) =>
    asa(
      device,
      at,
      4,
      106_023,
      `Deny tcp src outside:${ATTACKER.scan}/40100 dst dmz:${device.network}.80/3389 by access-group "outside_in" [0x8ed66b60, 0xf8852875]`,
    ),
  /** A name that nobody would choose. */
  beacon: (device: Device, at: number) => bind(at, `${device.network}.44`, 53_011, ATTACKER.domain, "A"),
  /** A program is fetched from a bare address. */
  download: (device: Device, at: number) =>
    `${(at / 1000).toFixed(3)}    412 ${device.network}.44 TCP_MISS/200 188416 GET http://${ATTACKER.control}/update/svc.exe - HIER_DIRECT/${ATTACKER.control} application/x-msdownload`,
} as const;

function fortigate(device: Device, at: number, fields: Record<string, string | number>): string {
  const local = new Date(at + 8 * 3_600_000).toISOString();
  const head = {
    date: local.slice(0, 10),
    time: local.slice(11, 19),
    devname: device.name,
    devid: "FGVM00DEMO000001",
    eventtime: `${at}000000`,
    tz: "+0800",
  };
  const all = { ...head, ...fields, vd: "root" };
  return `<189>${Object.entries(all)
    .map(([name, value]) => (typeof value === "number" ? `${name}=${value}` : `${name}="${value}"`))
    .join(" ")}`;
}

function asa(device: Device, at: number, severity: number, message: number, text: string): string {
  const local = new Date(at + 8 * 3_600_000);
  const month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
    local.getUTCMonth()
  ];
  const time = local.toISOString().slice(11, 19);
  return `<${160 + severity}>${month} ${local.getUTCDate()} ${local.getUTCFullYear()} ${time} ${device.name} : %ASA-${severity}-${message}: ${text}`;
}

function bind(at: number, client: string, port: number, name: string, type: string): string {
  return `${new Date(at).toISOString()} queries: info: client @0x7f3c5c0d1e68 ${client}#${port} (${name}): query: ${name} IN ${type} +E(0)K (${client.replace(/\d+$/, "53")})`;
}
