import { addMillis, systemClock } from "../../core/instant.ts";
import { signIn } from "../client.ts";
import { DEMO_PASSWORD } from "./sector.ts";

const MINUTE = 60_000;

/** Incidents from before the newcomer came: one whose review is due within hours, one reported late, one overdue. */
export async function reportPast(url: string, orgs: ReadonlyMap<string, string>): Promise<void> {
  const bureau = (await signIn(url, "bureau", DEMO_PASSWORD)).client;
  const now = systemClock.now();
  await bureau.make(
    "/api/v1/incidents",
    {
      title: "閘門監看畫面中斷",
      orgId: orgs.get("east-water-bureau"),
      occurredAt: addMillis(now, -50 * MINUTE),
      awareAt: addMillis(now, -38 * MINUTE),
      facts: {
        impacts: [{ business: "core-ci", outage: "tolerable" }],
        systems: ["水情監看工作站"],
        narrative:
          "東湖水資源局的水情監看工作站遭加密，閘門改以現場操作，供水未受影響。可疑連線來自 198.51.100.66。",
      },
      indicators: [
        { type: "ipv4", value: "198.51.100.66", note: "掃描來源" },
        { type: "domain", value: "qzxkvbnhtrw7.top", note: "中繼站" },
      ],
    },
    { "idempotency-key": "demo-past-1" },
  );
  await bureau.make(
    "/api/v1/incidents",
    {
      title: "對外網站首頁遭置換",
      orgId: orgs.get("east-water-bureau"),
      awareAt: addMillis(now, -95 * MINUTE),
      facts: {
        impacts: [{ business: "non-core", tampering: "minor" }],
        systems: ["對外服務網站"],
        narrative: "首頁遭置換，已下架並由備份還原。",
      },
    },
    { "idempotency-key": "demo-past-2" },
  );
  await bureau.make(
    "/api/v1/incidents",
    {
      title: "抄表系統帳號遭盜用",
      orgId: orgs.get("east-water-bureau"),
      awareAt: addMillis(now, -30 * 60 * MINUTE),
      channel: "phone",
      channelAt: addMillis(now, -29.5 * 60 * MINUTE),
      channelReason: "當時平台維護，先以電話通報，事後補登。",
      facts: {
        impacts: [{ business: "core", leak: "minor" }],
        systems: ["自動抄表系統"],
        people: 120,
        narrative: "維護廠商帳號遭盜用，查詢過 120 戶用水資料，帳號已停用並更換金鑰。",
      },
      indicators: [{ type: "ipv4", value: "192.0.2.45", note: "登入來源" }],
    },
    { "idempotency-key": "demo-past-3" },
  );
}
