import type { Config } from "../../platform/config/config.ts";
import { uuidV7 } from "../../platform/crypto/digest.ts";
import type { Records } from "../../platform/records/work.ts";
import { AccountStore } from "./accounts.ts";
import { OrganisationStore } from "./organisations.ts";
import { hashPassword, oneTimePassword } from "./secrets.ts";
import { nobodyScope } from "./sign-in.ts";

/** Printed once, when a node starts for the first time. */
export interface FirstAdministrator {
  readonly name: string;
  readonly password: string;
}

const AUTHORITY: Record<
  Config["node"]["tier"],
  { name: string; nameEn: string; kind: "authority" | "operator" }
> = {
  member: { name: "本單位", nameEn: "This organisation", kind: "operator" },
  W: { name: "水資源領域主管機關", nameEn: "Water sector authority", kind: "authority" },
  E: { name: "能源與經濟領域主管機關", nameEn: "Energy and economy sector authority", kind: "authority" },
  C: { name: "通訊傳播領域主管機關", nameEn: "Communications sector authority", kind: "authority" },
  N: { name: "國家資安聯防中心", nameEn: "National joint defence centre", kind: "authority" },
};

/**
 * On an empty store makes the node's own organisation and the first administrator; later it does nothing and
 * answers undefined. Both in one unit of work, so that a crash leaves neither.
 */
export async function ensureFirstAdministrator(
  records: Records,
  config: Config,
): Promise<FirstAdministrator | undefined> {
  const doorman = {
    ...nobodyScope,
    actor: { kind: "job", id: "first-administrator", name: "first-administrator" },
    purpose: "sign-in",
    clearance: "green",
  } as const;
  const password = oneTimePassword();
  const hashed = await hashPassword(password);
  return records.within(doorman, async (work) => {
    const organisations = new OrganisationStore(work);
    if ((await organisations.tree()).length > 0) return undefined;
    const sector = config.node.sectors[0] ?? "water";
    const { name, nameEn, kind } = AUTHORITY[config.node.tier];
    const id = uuidV7();
    await organisations.plant(id, { name, nameEn, kind, sector, shortName: "authority" });
    await new AccountStore(work).plant({
      orgId: id,
      name: "admin",
      displayName: "系統管理者",
      email: null,
      roles: ["administrator"],
      passwordHash: hashed,
    });
    return { name: "admin", password };
  });
}
