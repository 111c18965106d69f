import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect, getCiphers, type SecureVersion } from "node:tls";
import { Problem } from "../../../core/problem.ts";
import { Config } from "../../../platform/config/config.ts";
import { type TestCertificate, testCertificate } from "../../../platform/crypto/testing.ts";
import { MODERN_TLS } from "../../../platform/crypto/tls.ts";
import { DATABASES } from "../../../platform/records/testing.ts";
import { SignIn } from "../../members/index.ts";
import { KeyStore } from "../../members/keys.ts";
import type { NewApiKey } from "../../members/model.ts";
import { type IntelNode, intelNode, intelServer } from "../testing.ts";
import { PeerFault, pullFrom, TaxiiClient } from "./client.ts";
import { malware, TYPE } from "./testing.ts";

const DAY = 86_400_000;
const AUTHORITY = testCertificate({ name: "Test authority", authority: true });
const OTHER_AUTHORITY = testCertificate({ name: "Another authority", authority: true });
const SERVER = testCertificate({ name: "127.0.0.1", alternative: ["127.0.0.1"], issuer: AUTHORITY });
const ELSEWHERE = testCertificate({
  name: "other.example",
  alternative: ["other.example"],
  issuer: AUTHORITY,
});
const LATE = testCertificate({
  name: "127.0.0.1",
  alternative: ["127.0.0.1"],
  issuer: AUTHORITY,
  notBefore: new Date(Date.now() - 3 * DAY),
  notAfter: new Date(Date.now() - DAY),
});
const NAMED = testCertificate({ name: "TAXII.member.example", issuer: AUTHORITY });
const STRANGER = testCertificate({ name: "taxii.member.example", issuer: OTHER_AUTHORITY });
const PINNED = testCertificate({ name: "a device's own" });
const UNKNOWN = testCertificate({ name: "nobody", issuer: AUTHORITY });
const EXPIRED = testCertificate({
  name: "taxii.member.example",
  issuer: AUTHORITY,
  notBefore: new Date(Date.now() - 3 * DAY),
  notAfter: new Date(Date.now() - DAY),
});

interface Given {
  readonly node: IntelNode;
  readonly url: string;
  /** Binds a certificate or a name to a key of the member that may push; answers the key's id. */
  bind(login: Pick<NewApiKey, "login" | "certificate" | "certificateName">): Promise<string>;
  revoke(id: string): Promise<void>;
  /** The status of a call, with nothing but what is given. */
  status(certificate: TestCertificate | undefined, headers?: Record<string, string>): Promise<number>;
}

for (const database of DATABASES) {
  const withTls = (
    name: string,
    run: (given: Given) => Promise<void>,
    { server: shown = SERVER, asks = true, ca = true } = {},
  ) =>
    test(`${database.name}: ${name}`, async () => {
      const node = await intelNode(database);
      node.clock.set(new Date().toISOString());
      const folder = mkdtempSync(join(tmpdir(), "taxii-tls-"));
      const files = {
        cert: join(folder, "cert.pem"),
        key: join(folder, "key.pem"),
        ca: join(folder, "ca.pem"),
      };
      writeFileSync(files.cert, shown.cert);
      writeFileSync(files.key, shown.key);
      writeFileSync(files.ca, AUTHORITY.cert);
      const tls = {
        cert: files.cert,
        key: files.key,
        clientCertificates: asks,
        ...(ca ? { clientCa: files.ca } : {}),
      };
      const config = Config.parse({ http: { tls } });
      const signIn = new SignIn({ records: node.records, config, clock: node.clock });
      const { server, url } = await intelServer(node, {
        tls,
        perMinute: 100_000,
        authenticate: (asked) => signIn.authenticate(asked),
      });
      const manager = { ...node.writer, clearance: "red" as const };
      const certificates = { asked: asks, byName: asks && ca };
      try {
        await run({
          node,
          url,
          bind: async (login) => {
            const issued = await node.records.within(manager, (work) =>
              new KeyStore(work).issue(
                {
                  orgId: node.orgs.other,
                  name: "peer",
                  permissions: ["taxii:read", "taxii:write"],
                  clearance: "amber",
                  expiresInDays: 30,
                  ...login,
                },
                certificates,
              ),
            );
            assert.equal(issued.secret, null);
            return issued.key.id;
          },
          revoke: async (id) => {
            await node.records.within(manager, (work) => new KeyStore(work).revoke(id));
          },
          status: (certificate, headers = {}) =>
            new Promise((resolve, reject) => {
              const call = request(
                `${url}/taxii2/`,
                {
                  agent: false,
                  ca: [AUTHORITY.cert],
                  headers: { accept: TYPE, ...headers },
                  ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }),
                },
                (answer) => {
                  answer.resume();
                  answer.on("end", () => resolve(answer.statusCode ?? 0));
                },
              );
              call.on("error", reject);
              call.end();
            }),
        });
      } finally {
        await server.close();
        await node.dispose();
        rmSync(folder, { recursive: true, force: true });
      }
    });

  withTls("8.2.2 HTTPS with TLS 1.2 and 1.3, and nothing older", async ({ url }) => {
    const { hostname, port } = new URL(url);
    const shake = (version: SecureVersion) =>
      new Promise<string>((resolve) => {
        const socket = connect({
          host: hostname,
          port: Number(port),
          ca: [AUTHORITY.cert],
          minVersion: version,
          maxVersion: version,
          ciphers: "DEFAULT:@SECLEVEL=0",
        });
        socket.on("secureConnect", () => {
          resolve(socket.getProtocol() ?? "");
          socket.destroy();
        });
        socket.on("error", () => resolve("refused"));
      });
    const answers = [];
    for (const version of ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const)
      answers.push(await shake(version));
    assert.deepEqual(answers, ["refused", "refused", "TLSv1.2", "TLSv1.3"]);
  });

  withTls("8.2.2 no cipher suite of the list of RFC 7540", async ({ url }) => {
    const { hostname, port } = new URL(url);
    const shake = (ciphers: string) =>
      new Promise<string>((resolve) => {
        const at = { host: hostname, port: Number(port), ca: [AUTHORITY.cert] };
        const socket = connect({ ...at, maxVersion: "TLSv1.2", ciphers: `${ciphers}:@SECLEVEL=0` });
        socket.on("secureConnect", () => {
          resolve(socket.getCipher().name);
          socket.destroy();
        });
        socket.on("error", () => resolve("refused"));
      });
    const named = getCiphers().filter((name) => !name.startsWith("tls_"));
    const listed = named.filter((name) => !/^ecdhe-.*(?:gcm|chacha20)/.test(name));
    assert.ok(listed.length > 20, "what the runtime knows of it");
    assert.equal(await shake(listed.map((name) => name.toUpperCase()).join(":")), "refused");
    assert.match(await shake("DEFAULT"), /^ECDHE-.*(?:GCM|CHACHA20)/);
    for (const suite of MODERN_TLS.ciphers.split(":"))
      assert.match(suite, /^(?:TLS_|ECDHE-.*(?:GCM|CHACHA20))/, "what the client offers");
  });

  withTls(
    "8.3.1 a certificate under the configured authority opens what its name is bound to",
    async ({ bind, status }) => {
      assert.equal(await status(NAMED), 401, "before it is bound");
      await bind({ login: "certificate-name", certificateName: "Taxii.Member.example" });
      assert.equal(await status(NAMED), 200);
      const renewed = testCertificate({
        name: "new",
        alternative: ["taxii.member.example"],
        issuer: AUTHORITY,
      });
      assert.equal(await status(renewed), 200, "a renewed one goes on, by an alternative name");
    },
  );

  withTls(
    "8.3.1 a pinned certificate opens by its fingerprint, without an authority",
    async ({ bind, status, node }) => {
      await bind({ login: "certificate", certificate: PINNED.cert });
      assert.equal(await status(PINNED), 200);
      await assert.rejects(
        bind({ login: "certificate", certificate: PINNED.cert }),
        (error) => error instanceof Problem && error.code === "http.conflict",
      );
      for (const [wrong, path] of [
        [{ login: "certificate", certificate: PINNED.key }, "body.certificate"],
        [{ login: "certificate", certificate: EXPIRED.cert }, "body.certificate"],
        [{ login: "certificate-name", certificateName: "taxii.member.example" }, "body.login"],
      ] as const)
        await assert.rejects(
          bind(wrong),
          (error) => error instanceof Problem && error.faults[0]?.path === path,
          path,
        );
      const [key] = (
        await node.records.within({ ...node.writer, clearance: "red" }, (work) =>
          new KeyStore(work).list({ limit: 10 }),
        )
      ).items;
      assert.equal(key?.expiresAt, key?.certificate?.expiresAt, "it ends with its certificate");
      assert.equal(key?.certificate?.subject, "CN=a device's own");
    },
    { ca: false },
  );

  withTls(
    "8.3.1 a certificate that is expired, unknown, revoked or of a stranger opens nothing",
    async ({ bind, revoke, status }) => {
      const id = await bind({ login: "certificate-name", certificateName: "taxii.member.example" });
      const pinned = await bind({ login: "certificate", certificate: PINNED.cert });
      for (const [name, certificate] of Object.entries({ STRANGER, UNKNOWN, EXPIRED }))
        assert.equal(await status(certificate), 401, name);
      await revoke(id);
      await revoke(pinned);
      assert.equal(await status(NAMED), 401);
      assert.equal(await status(PINNED), 401);
      await bind({ login: "certificate", certificate: PINNED.cert });
      assert.equal(await status(PINNED), 200, "it can be bound again");
    },
  );

  withTls(
    "8.3.1 who shows no certificate logs in as before, and a browser's certificate changes nothing",
    async ({ node, bind, status }) => {
      await bind({ login: "certificate", certificate: PINNED.cert });
      assert.equal(await status(undefined), 401);
      const { secret } = await node.records.within({ ...node.writer, clearance: "red" }, (work) =>
        new KeyStore(work).issue({
          orgId: node.orgs.other,
          name: "secret",
          permissions: ["taxii:read"],
          clearance: "amber",
          expiresInDays: 30,
        }),
      );
      const authorization = `Bearer ${secret}`;
      assert.equal(await status(undefined, { authorization }), 200);
      assert.equal(await status(UNKNOWN, { authorization }), 200);
      assert.equal(
        await status(PINNED, { authorization: "Bearer lf_wrong" }),
        401,
        "a wrong key stays wrong",
      );
      for (const browser of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }])
        assert.equal(await status(PINNED, browser), 401);
    },
  );

  withTls("8.3.1 the client pulls and pushes with nothing but its certificate", async ({ url, bind }) => {
    await bind({ login: "certificate-name", certificateName: "taxii.member.example" });
    const client = new TaxiiClient(
      { url: `${url}/taxii2/`, login: { cert: NAMED.cert, key: NAMED.key } },
      { loopback: true, ca: AUTHORITY.cert },
    );
    const [root] = await client.apiRoots();
    assert.ok(root !== undefined);
    const inbox = (await client.collections(root)).find((each) => each.canWrite) ?? assert.fail("no inbox");
    const sent = [malware(1), malware(2)].map((each) => JSON.stringify(each));
    assert.equal((await client.push(root, inbox, sent)).taken, 2);
    const kept: string[] = [];
    await pullFrom(client, inbox, {}, async ({ documents }) => {
      kept.push(...documents);
    });
    assert.deepEqual(kept, sent);
  });

  withTls(
    "8.3.1 certificates are asked for only where that is configured",
    async ({ bind, status }) => {
      await assert.rejects(
        bind({ login: "certificate", certificate: PINNED.cert }),
        (error) => error instanceof Problem && error.faults[0]?.path === "body.login",
      );
      assert.equal(await status(PINNED), 401);
    },
    { asks: false },
  );
  for (const [what, server, ca] of [
    ["authority", SERVER, undefined],
    ["authority that is told", SERVER, OTHER_AUTHORITY],
    ["host name", ELSEWHERE, AUTHORITY],
    ["time", LATE, AUTHORITY],
  ] as const)
    withTls(
      `8.5.2 a server of a wrong ${what} is not spoken to`,
      async ({ url }) => {
        const client = new TaxiiClient(
          { url: `${url}/taxii2/`, login: { token: "lf_secret" } },
          { loopback: true, tries: 1, ...(ca === undefined ? {} : { ca: ca.cert }) },
        );
        await assert.rejects(
          client.apiRoots(),
          (error) => error instanceof PeerFault && error.status === undefined,
        );
      },
      { server },
    );
}
