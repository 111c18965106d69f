import type { Role } from "../../core/access.ts";
import { enrol } from "../client.ts";
import { askNode } from "../local-socket.ts";
import type { Device } from "./lines.ts";

/** Everybody in the demo signs in with this; the demo listens on loopback only. */
export const DEMO_PASSWORD = "eleven blue herons";

export interface DemoMember {
  readonly shortName: string;
  readonly name: string;
  readonly nameEn: string;
  readonly kind: "bureau" | "operator" | "facility";
  readonly devices: readonly [Device, ...Device[]];
}

/** An invented water sector. */
export const DEMO_MEMBERS: readonly DemoMember[] = [
  {
    shortName: "north-reservoir",
    name: "北澄水庫管理中心",
    nameEn: "Beicheng Reservoir",
    kind: "facility",
    devices: [
      { name: "BC-FW-01", kind: "fortigate", network: "10.31.4" },
      { name: "BC-DNS-01", kind: "bind", network: "10.31.4" },
      { name: "BC-PROXY-01", kind: "squid", network: "10.31.4" },
    ],
  },
  {
    shortName: "east-water-bureau",
    name: "東湖水資源局",
    nameEn: "Donghu Water Resources Bureau",
    kind: "bureau",
    devices: [
      { name: "DH-ASA-01", kind: "asa", network: "10.52.8" },
      { name: "DH-DNS-01", kind: "bind", network: "10.52.8" },
    ],
  },
  {
    shortName: "south-waterworks",
    name: "南澄淨水場",
    nameEn: "Nancheng Waterworks",
    kind: "operator",
    devices: [
      { name: "NC-FW-01", kind: "fortigate", network: "10.77.2" },
      { name: "NC-PROXY-01", kind: "squid", network: "10.77.2" },
    ],
  },
];

interface DemoPerson {
  readonly name: string;
  readonly displayName: string;
  readonly roles: readonly Role[];
  /** Short name of the member; the authority otherwise. */
  readonly member?: string;
}

export const DEMO_PEOPLE: readonly DemoPerson[] = [
  { name: "analyst", displayName: "二線分析員", roles: ["soc-lead"] },
  { name: "officer", displayName: "值勤人員", roles: ["cert-duty-officer"] },
  { name: "reviewer", displayName: "情資審核員", roles: ["intel-reviewer"] },
  { name: "head", displayName: "機關首長", roles: ["authority-head", "auditor"] },
  {
    name: "reservoir",
    displayName: "水庫資安窗口",
    roles: ["member-security-officer"],
    member: "north-reservoir",
  },
  {
    name: "bureau",
    displayName: "水資源局資安窗口",
    roles: ["member-security-officer"],
    member: "east-water-bureau",
  },
];

interface OrgRow {
  id: string;
  shortName: string;
}

/** Makes what is missing of the sector; on a later start nothing. Answers the members' ids by short name. */
export async function plantSector(url: string, dataFolder: string): Promise<Map<string, string>> {
  const ask = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const answer = await askNode(dataFolder, { method, path, ...(body === undefined ? {} : { body }) });
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as Body;
  };
  const orgs = async () => {
    const { items } = await ask<{ items: OrgRow[] }>("GET", "/api/v1/orgs?limit=200");
    return new Map(items.map((org) => [org.shortName, org.id]));
  };
  const there = await orgs();
  if (there.size > 1) return there;
  const authority = there.get("authority");
  for (const member of DEMO_MEMBERS) {
    const { id } = await ask<OrgRow>("POST", "/api/v1/orgs", {
      parentId: authority,
      shortName: member.shortName,
      name: member.name,
      nameEn: member.nameEn,
      kind: member.kind,
      sector: "water",
      networks: [...new Set(member.devices.map((device) => `${device.network}.0/24`))],
    });
    await ask("POST", "/api/v1/contacts", {
      orgId: id,
      name: "值班窗口",
      title: "資安聯絡人",
      email: `duty@${member.shortName}.example`,
      phone: "02-5550-0100",
      reachable24x7: true,
    });
  }
  const planted = await orgs();
  for (const each of DEMO_PEOPLE) {
    const { oneTimePassword } = await ask<{ oneTimePassword: string }>("POST", "/api/v1/accounts", {
      orgId: planted.get(each.member ?? "authority"),
      name: each.name,
      displayName: each.displayName,
      roles: each.roles,
    });
    await enrol(url, each.name, oneTimePassword, DEMO_PASSWORD);
  }
  return planted;
}

/** A key with which a member's devices send: a new one at every start, good for a day. */
export async function senderKey(dataFolder: string, orgId: string): Promise<string> {
  const answer = await askNode(dataFolder, {
    method: "POST",
    path: "/api/v1/keys",
    body: { orgId, name: "demo devices", permissions: ["logs:ingest"], expiresInDays: 1 },
  });
  return (answer.body as { secret: string }).secret;
}
