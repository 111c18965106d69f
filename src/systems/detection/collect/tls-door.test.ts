import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { Config } from "../../../platform/config/config.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { type TestCertificate, testCertificate } from "../../../platform/crypto/testing.ts";
import { closeEventStores } from "../../../platform/events/testing.ts";
import { OrgNames, Senders } from "./senders.ts";
import { SyslogCollector } from "./syslog.ts";
import { eventually, openIntake, openWorkshop, type Workshop } from "./testing.ts";

const LINE = '<134>1 2026-11-23T02:00:00Z fw1 app 1 - - message "one"';
const AUTHORITY = testCertificate({ name: "Test authority", authority: true });
const SERVER = testCertificate({ name: "127.0.0.1", alternative: ["127.0.0.1"], issuer: AUTHORITY });
const FIREWALL = testCertificate({ name: "fw1.example", issuer: AUTHORITY });
const ROUTER = testCertificate({ name: "device", alternative: ["r7.routers.example"], issuer: AUTHORITY });
const OTHER = testCertificate({ name: "somebody.example", issuer: AUTHORITY });
const PINNED = testCertificate({ name: "own" });
const EXPIRED = testCertificate({ name: "old", notAfter: new Date(Date.now() - 1000) });
const STRANGER = testCertificate({ name: "fw1.example" });

let shop: Workshop;
let folder: string;
before(async () => {
  shop = await openWorkshop();
  folder = mkdtempSync(join(tmpdir(), "tls-door-"));
});
after(async () => {
  rmSync(folder, { recursive: true });
  await shop.dispose();
  await closeEventStores();
});

function fingerprint({ cert }: TestCertificate): string {
  return new X509Certificate(cert).fingerprint256;
}

interface Door {
  readonly port: number;
  readonly orgs: ReadonlyMap<string, string>;
  /** Rows stored for the organisation of a source. */
  rows(org: string): Promise<number>;
  renew(certificate: TestCertificate): void;
  stop(): Promise<void>;
}

async function open(clientCertificate: "required" | "optional" = "required"): Promise<Door> {
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem"), ca: join(folder, "ca.pem") };
  const renew = (certificate: TestCertificate): void => {
    writeFileSync(files.key, certificate.key);
    writeFileSync(files.cert, certificate.cert);
  };
  renew(SERVER);
  writeFileSync(files.ca, AUTHORITY.cert);
  const { ingest: config } = Config.parse({
    ingest: {
      tls: { port: 0, ...files, clientCertificate },
      sources: [
        { name: "firewall", org: "fw", certificate: { name: "FW1.example" } },
        { name: "routers", org: "routers", certificate: { name: "*.routers.example" } },
        { name: "pinned", org: "pinned", certificate: { sha256: fingerprint(PINNED) } },
        { name: "expired", org: "pinned", certificate: { sha256: fingerprint(EXPIRED) } },
        { name: "elsewhere", org: "fw", address: "192.0.2.0/24", certificate: { name: "somebody.example" } },
        ...(clientCertificate === "optional"
          ? [{ name: "by address", org: "local", address: "127.0.0.1" }]
          : []),
      ],
    },
  });
  const orgs = new Map(["fw", "routers", "pinned", "local"].map((name) => [name, uuidV7()]));
  const { log } = shop;
  const taking = await openIntake(shop);
  const { intake, metrics, tally } = taking;
  const senders = new Senders(config.sources, new OrgNames(async (name) => orgs.get(name), shop.clock));
  // Certificates are of the machine's day, whatever the workshop's clock says.
  const clock = { now: () => new Date().toISOString() };
  const parts = { config, senders, intake, tally, metrics, clock, log, lookMillis: 20 };
  const collector = new SyslogCollector(parts);
  const { tls: port = 0 } = await collector.start();
  return {
    port,
    orgs,
    renew,
    rows: async (org) => (await shop.stored(orgs.get(org) ?? "")).rows,
    async stop() {
      await collector.stop();
      await taking.stop();
    },
  };
}

/** Sends and waits for the end of the connection; the server's certificate is checked as a sender would. */
async function send(port: number, text: string, client?: TestCertificate): Promise<X509Certificate> {
  const shown = client && { cert: client.cert, key: client.key };
  const socket: TLSSocket = connect({ host: "127.0.0.1", port, ca: AUTHORITY.cert, ...shown });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  const certificate = socket.getPeerX509Certificate() ?? assert.fail("the server showed no certificate");
  socket.end(text);
  socket.resume();
  await once(socket, "close");
  return certificate;
}

async function refusals(reason: string): Promise<number> {
  const found = new RegExp(`ingest_tls_refused_total\\{reason="${reason}"\\} (\\d+)`).exec(
    await shop.metrics.text(),
  );
  return Number(found?.[1] ?? 0);
}

test("a sender is who its certificate says: by name, by alternative name, by fingerprint", async () => {
  const door = await open();
  const counted = `${Buffer.byteLength(LINE)} ${LINE}`;
  await send(door.port, counted.repeat(3), FIREWALL);
  await send(door.port, `${LINE}\n${LINE}\n`, ROUTER);
  await send(door.port, counted, PINNED);
  await eventually(
    () => Promise.all(["fw", "routers", "pinned"].map((org) => door.rows(org))),
    (rows) => rows.join() === "3,2,1",
  );
  await door.stop();
});

test("no certificate, a foreign one, an unknown one and an expired one are refused, counted and told", async () => {
  const door = await open();
  const cases: [string, TestCertificate | undefined][] = [
    ["no-certificate", undefined],
    ["untrusted-certificate", STRANGER],
    ["untrusted-certificate", EXPIRED],
    ["unknown-certificate", OTHER],
  ];
  for (const [reason, client] of cases) {
    const before = await refusals(reason);
    await send(door.port, `${LINE}\n`, client);
    await eventually(
      () => refusals(reason),
      (count) => count === before + 1,
    );
    assert.ok(
      shop.logged.some((line) => line.includes(`"reason":"${reason}"`)),
      reason,
    );
  }
  const told = shop.logged.filter((line) => line.includes('"reason":"untrusted-certificate"')).length;
  assert.equal(told, 1, "told once a minute for an address and reason");
  await door.stop();
  for (const org of door.orgs.keys()) assert.equal(await door.rows(org), 0, org);
});

test("where certificates are optional an address suffices, and never under another's certificate", async () => {
  const door = await open("optional");
  await send(door.port, `${LINE}\n`);
  await send(door.port, `${LINE}\n${LINE}\n`, FIREWALL);
  await send(door.port, `${LINE}\n`, STRANGER);
  await eventually(
    () => Promise.all(["local", "fw"].map((org) => door.rows(org))),
    (rows) => rows.join() === "1,2",
  );
  await door.stop();
});

test("a certificate renewed on disk is shown to the next sender; a broken one is not taken over", async () => {
  const door = await open();
  const renewed = testCertificate({ name: "127.0.0.1", alternative: ["127.0.0.1"], issuer: AUTHORITY });
  writeFileSync(join(folder, "cert.pem"), "-----BEGIN CERTIFICATE-----\nbroken");
  await eventually(
    () => shop.logged.some((line) => line.includes("the old one stays")),
    (told) => told,
  );
  assert.equal((await send(door.port, "", FIREWALL)).fingerprint256, fingerprint(SERVER));
  door.renew(renewed);
  await eventually(
    async () => (await send(door.port, "", FIREWALL)).fingerprint256,
    (shown) => shown === fingerprint(renewed),
  );
  await door.stop();
});

test("bytes that are no TLS are counted as a failed handshake", async () => {
  const door = await open();
  const before = await refusals("handshake");
  const { connect: plain } = await import("node:net");
  const socket = plain(door.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.end(`${LINE}\n`);
  await eventually(
    () => refusals("handshake"),
    (count) => count === before + 1,
  );
  await door.stop();
});
