import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { Config } from "../platform/config/config.ts";
import { createLog } from "../platform/log/log.ts";
import { Client, signIn } from "./client.ts";
import { reportPast } from "./demo/past.ts";
import { DEMO_MEMBERS, DEMO_PASSWORD, DEMO_PEOPLE, plantSector, senderKey } from "./demo/sector.ts";
import { tellStory } from "./demo/story.ts";
import { startNode } from "./node.ts";

const DATA = "demo-data";

/** One node with an invented water sector, whose devices talk and are attacked as one watches. Everything over the API. */
export async function startDemo(options: {
  port: number;
  fresh: boolean;
  say: (line: string) => void;
  data?: string;
}): Promise<{ url: string; stop(): Promise<void> }> {
  const data = options.data ?? DATA;
  if (options.fresh) rmSync(data, { recursive: true, force: true });
  const config = Config.parse({
    data,
    node: { name: "聯防示範節點", tier: "W", sectors: ["water"] },
    http: { port: options.port, perMinute: 6000 },
    access: { secondFactor: "optional" },
    log: { level: "warn" },
  });
  const node = await startNode({ config, log: createLog({ level: "warn" }) });
  try {
    const orgs = await plantSector(node.url, data);
    if (node.firstAdministrator !== undefined) await reportPast(node.url, orgs);
    const senders = new Map<string, Client>();
    for (const { shortName } of DEMO_MEMBERS) {
      const id = orgs.get(shortName);
      if (id !== undefined) senders.set(shortName, Client.withKey(node.url, await senderKey(data, id)));
    }
    const { session } = await signIn(node.url, "analyst", DEMO_PASSWORD);
    options.say(`\nLianfang 聯防 demo: ${node.url}  (${session.org.name}, data in ${resolve(data)})`);
    options.say(`\nSign in as one of these; the password of all is   ${DEMO_PASSWORD}`);
    for (const each of DEMO_PEOPLE)
      options.say(`  ${each.name.padEnd(10)} ${each.displayName}  ${each.roles.join(", ")}`);
    options.say(
      "\nAlerts rise within a minute: open 警訊 as analyst, raise one to an incident, watch its clocks.",
    );
    options.say("Ctrl-C stops it; the next start goes on where it was, --fresh begins anew.\n");
    const telling = tellStory(senders, options.say);
    return {
      url: node.url,
      stop: async () => {
        await telling.stop();
        await node.stop();
      },
    };
  } catch (error) {
    await node.stop();
    throw error;
  }
}
