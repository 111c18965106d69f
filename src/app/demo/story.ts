import type { Client } from "../client.ts";
import { quietLine, randomOf, STEPS } from "./lines.ts";
import { DEMO_MEMBERS, type DemoMember } from "./sector.ts";

type Step = keyof typeof STEPS;

/** What happens, in seconds after the start: which device of which member says what, and how often. */
const STORY: readonly { at: number; member: string; device: string; step: Step; times: number }[] = [
  { at: 4, member: "east-water-bureau", device: "DH-ASA-01", step: "knocking", times: 6 },
  { at: 10, member: "north-reservoir", device: "BC-FW-01", step: "guessing", times: 9 },
  { at: 18, member: "south-waterworks", device: "NC-FW-01", step: "exploit", times: 2 },
  { at: 24, member: "north-reservoir", device: "BC-FW-01", step: "entry", times: 1 },
  { at: 30, member: "north-reservoir", device: "BC-FW-01", step: "account", times: 1 },
  { at: 36, member: "north-reservoir", device: "BC-DNS-01", step: "beacon", times: 4 },
  { at: 42, member: "north-reservoir", device: "BC-PROXY-01", step: "download", times: 1 },
  { at: 50, member: "north-reservoir", device: "BC-FW-01", step: "control", times: 2 },
];
/** After the last step the knocking goes on now and then. */
const KNOCK_EVERY = 90;

export interface Telling {
  stop(): Promise<void>;
}

/** Sends the devices' lines, a few a second, and the story's steps between them, until it is stopped. */
export function tellStory(senders: ReadonlyMap<string, Client>, say: (line: string) => void): Telling {
  const random = randomOf(20_261_123);
  const began = Date.now();
  let told = 0;
  let second = 0;
  let stopped = false;
  let working = Promise.resolve();

  const tick = async () => {
    const now = Date.now();
    const passed = (now - began) / 1000;
    const lines = new Map(DEMO_MEMBERS.map((member) => [member.shortName, quietSecond(member, now, random)]));
    for (let next = STORY[told]; next !== undefined && next.at <= passed; next = STORY[told]) {
      addStep(lines, next, now);
      told += 1;
      say(`${next.member}: ${next.step}`);
    }
    if (second % KNOCK_EVERY === KNOCK_EVERY - 1) {
      addStep(lines, { member: "east-water-bureau", device: "DH-ASA-01", step: "knocking", times: 3 }, now);
    }
    second += 1;
    for (const [member, text] of lines) {
      const sender = senders.get(member);
      if (sender === undefined || text.length === 0) continue;
      const answer = await sender.post(`/ingest/logs?source=${member}`, text.join("\n"), {
        "content-type": "text/plain; charset=utf-8",
        "idempotency-key": `demo-${began}-${second}`,
      });
      if (answer.status >= 300 && !stopped) say(`${member}: the node refused lines: ${answer.text}`);
    }
  };
  const timer = setInterval(() => {
    working = working.then(tick).catch((error: unknown) => {
      if (!stopped) say(`the story stumbled: ${error instanceof Error ? error.message : String(error)}`);
    });
  }, 1000);
  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await working;
    },
  };
}

function quietSecond(member: DemoMember, now: number, random: () => number): string[] {
  return member.devices.flatMap((device) => (random() < 0.7 ? [quietLine(device, now, random)] : []));
}

function addStep(
  lines: Map<string, string[]>,
  step: { member: string; device: string; step: Step; times: number },
  now: number,
): void {
  const device = DEMO_MEMBERS.find((member) => member.shortName === step.member)?.devices.find(
    (each) => each.name === step.device,
  );
  if (device === undefined) return;
  const said = Array.from({ length: step.times }, (_, at) => STEPS[step.step](device, now + at));
  lines.get(step.member)?.push(...said);
}
