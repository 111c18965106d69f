import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { auditText, nameOf, pageOf } from "./audit-words.ts";

const SYSTEMS = join(import.meta.dirname, "../..");
const ID = "01a20f93-363b-73f3-8803-53a8629ce9b0";

test("every act that the systems write into the audit log has words", () => {
  const acts = globSync("**/*.ts", { cwd: SYSTEMS, exclude: (name) => name.endsWith(".test.ts") })
    .filter((file) => !file.includes("/web/") && !file.includes("/parsers/"))
    .flatMap((file) => {
      const source = readFileSync(join(SYSTEMS, file), "utf8");
      const written =
        /(?:\baudit\(\{\s*action: |this\.(?:audit|tell|changed)\(\s*|^ +audit: )"([a-z]+\.[a-z-]+)"/gm;
      return [...source.matchAll(written)].map((match) => match[1] ?? "");
    });
  const templated = [
    "incidents.clock-near",
    "incidents.clock-overdue",
    ...["edit", "submit", "reject", "approve", "release", "withdraw"].map((act) => `intel.${act}`),
  ];
  assert.ok(acts.length > 30, `the sources name ${acts.length} acts`);
  const wordless = [...acts, ...templated].filter((act) => auditText("did", act) === undefined);
  assert.deepEqual(wordless, []);
});

test("a line leads to the thing it is about, by the name people know", () => {
  assert.equal(pageOf({ action: "incidents.reviewed", subject: ID }), `/incidents/${ID}`);
  assert.equal(pageOf({ action: "members.account-reset", subject: ID }), `/accounts/${ID}`);
  assert.equal(pageOf({ action: "intel.approve", subject: ID }), `/intel/${ID}`);
  assert.equal(pageOf({ action: "intel.import-stored", subject: ID }), undefined);
  assert.equal(pageOf({ action: "alerts.export", subject: "alerts" }), undefined);
  assert.equal(nameOf({ subject: ID, detail: { number: "W-2026-000003", name: "x" } }), "W-2026-000003");
  assert.equal(nameOf({ subject: ID, detail: { name: 7 } }), ID);
});
