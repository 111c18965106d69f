import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "../../src/app/client.ts";
import { askNode } from "../../src/app/local-socket.ts";
import { until } from "./node.ts";
import { everything, freePort, Victim } from "./victim.ts";

const LINES = 20;
/** At most this long after the node is ready does the axe fall; on a slow machine half as long as the start took. */
const LONGEST_LIFE = 1200;

interface Delivery {
  readonly key: string;
  readonly path: string;
  readonly body: string;
  readonly type: string;
}

/** Every batch holds one failure from here, so that correlation has something to count over all crashes. */
const GUESSER = "203.0.113.99";
/** What that comes to: one alert, since a rule is silent for a timespan after it fired. */
const GUESSING = "Many Failed Sign-Ins from One Address for One Account";
/** Failures that make it fire; found twice it would stand for twice as many. */
const GUESSES = 10;
/** Failures of the guesser that certainly were counted, later ones still waiting for their time. */
const CERTAIN = 100;

function line(batch: number, index: number): string {
  const failed = index < 2;
  const user = failed ? "admin" : `u${batch}-${index}`;
  const [logid, logdesc, status] = failed
    ? ["0100032002", "Admin login failed", "failed"]
    : ["0100032003", "Admin logout successful", "success"];
  const own = `198.51.${100 + Math.floor(batch / 200)}.${1 + (batch % 200)}`;
  const address = index === 1 ? GUESSER : own;
  const time = new Date(36_000_000 + batch * 1_000).toISOString().slice(11, 19);
  return `date=2026-11-23 time=${time} devname=FW devid=FG logid=${logid} type=event subtype=system level=alert logdesc="${logdesc}" user="${user}" ui=https(${address}) srcip=${address} action=login status=${status} reason="passwd_invalid" msg="batch-${batch}-line-${index}"`;
}

function logs(batch: number): Delivery {
  const body = Array.from({ length: LINES }, (_, index) => line(batch, index)).join("\n");
  return { key: `logs-${batch}`, path: "/ingest/logs", body, type: "text/plain" };
}

function incident(number: number): Delivery {
  const body = JSON.stringify({
    title: `事件 ${number}`,
    awareAt: "2026-11-23T00:00:00.000Z",
    facts: { impacts: [{ business: "core", outage: "tolerable" }] },
  });
  return { key: `incident-${number}`, path: "/api/v1/incidents", body, type: "application/json" };
}

/** What the rounds came to; everything else was right, or it would have thrown. */
export interface CrashFigures {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly lines: number;
  readonly alerts: number;
  readonly correlated: number;
  readonly incidents: number;
  readonly seconds: number;
}

/**
 * Kills a node so many times at random moments while logs and incidents come in, starts it again each time, and says
 * whether anything acknowledged was lost or anything is there twice. Throws AssertionError when it is.
 */
export async function crash(rounds: number, say: (line: string) => void): Promise<CrashFigures> {
  const began = performance.now();
  const data = mkdtempSync(join(tmpdir(), "lianfang-crash-"));
  const victim = new Victim(data, await freePort(), { LIANFANG_DETECTION__IDLE_SOURCE_SECONDS: "3" });
  try {
    let started = await victim.start();
    const orgs = (await askNode(data, { method: "GET", path: "/api/v1/orgs" })).body as {
      items: { id: string }[];
    };
    const issued = await askNode(data, {
      method: "POST",
      path: "/api/v1/keys",
      body: {
        orgId: orgs.items[0]?.id,
        name: "sender",
        permissions: ["logs:ingest", "logs:read", "alerts:read", "incidents:read", "incidents:report"],
      },
    });
    const sender = Client.withKey(victim.url, (issued.body as { secret: string }).secret);
    const acknowledged = new Set<string>();
    let pending: Delivery[] = [];
    let batches = 0;
    let incidents = 0;

    const deliver = async (one: Delivery): Promise<void> => {
      const answer = await sender.post(one.path, one.body, {
        "content-type": one.type,
        "idempotency-key": one.key,
      });
      assert.ok(answer.status < 300 || answer.status === 503, `${one.key}: ${answer.status} ${answer.text}`);
      if (answer.status < 300) acknowledged.add(one.key);
    };
    const send = async (mine: Delivery[], going: () => boolean): Promise<Delivery[]> => {
      while (going()) {
        const one = mine.shift() ?? (Math.random() < 0.25 ? incident(incidents++) : logs(batches++));
        try {
          await deliver(one);
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          return [one, ...mine];
        }
        if (!acknowledged.has(one.key)) mine.push(one);
      }
      return mine;
    };

    for (let round = 1; round <= rounds; round++) {
      const life = Math.floor(Math.random() * Math.max(LONGEST_LIFE, started / 2));
      let alive = true;
      const shares: Delivery[][] = [[], [], []];
      for (const [at, one] of pending.entries()) shares[at % 3]?.push(one);
      const senders = shares.map((share) => send(share, () => alive));
      await new Promise((done) => setTimeout(done, life));
      alive = false;
      await victim.end("SIGKILL");
      pending = (await Promise.all(senders)).flat();
      say(
        `round ${round}: killed after ${life} ms, ${acknowledged.size} acknowledged so far, ${pending.length} open`,
      );
      started = await victim.start();
    }
    for (const one of pending) await deliver(one);
    const sent = batches + incidents;
    assert.equal(acknowledged.size, sent, "everything was acknowledged in the end");
    assert.ok(batches > rounds, "the rounds were long enough to mean something");

    const messages = await everything<{ original: string }>(sender, "/api/v1/logs");
    const marks = messages.map((record) => /batch-\d+-line-\d+/.exec(record.original)?.[0] ?? "");
    assert.equal(new Set(marks).size, batches * LINES, "every line is there");
    assert.equal(marks.length, batches * LINES, "no line is there twice");

    if (batches >= CERTAIN)
      await until(
        "time to go on for what waits",
        async () => (await alertsOf(sender)).some(({ title }) => title === GUESSING),
        60,
      );
    const raised = await alertsOf(sender);
    const alerts = raised.filter(({ title }) => title !== GUESSING);
    assert.equal(
      alerts.reduce((sum, alert) => sum + alert.count, 0),
      2 * batches,
      "each failed sign-in raised its alert once",
    );
    const correlated = raised.filter(({ title }) => title === GUESSING);
    assert.ok(
      correlated.length <= 1 && correlated.every(({ count }) => count === GUESSES),
      "nothing correlated twice",
    );
    if (batches >= CERTAIN) assert.equal(correlated.length, 1, "what was counted over the crashes was found");
    const cases = await everything<{ title: string; number: string }>(sender, "/api/v1/incidents");
    assert.equal(cases.length, incidents);
    assert.equal(new Set(cases.map((each) => each.title)).size, incidents);
    assert.equal(new Set(cases.map((each) => each.number)).size, incidents, "numbers are unique");

    const audit = await askNode(data, { method: "POST", path: "/api/v1/audit/verify" });
    assert.deepEqual((audit.body as { faults: unknown[] }).faults, []);
    return {
      rounds,
      acknowledged: acknowledged.size,
      lines: marks.length,
      alerts: raised.length,
      correlated: correlated.length,
      incidents,
      seconds: Math.round((performance.now() - began) / 1000),
    };
  } finally {
    await victim.end("SIGTERM").catch(() => undefined);
    rmSync(data, { recursive: true, force: true });
  }
}

function alertsOf(sender: Client): Promise<{ title: string; count: number }[]> {
  return everything(sender, "/api/v1/alerts");
}
