import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parseLine } from "../line.ts";

const CONTEXT = { receivedAt: "2026-11-23T03:00:00.000Z" };
const read = (line: string, choice = "auto") => parseLine(line, CONTEXT, choice);

/** What programs of hosts say that no parser knows: program, message. */
const PROGRAMS: readonly (readonly [line: string, program: string, message: string])[] = [
  ["Nov 23 10:11:12 web01 snapd[812]: daemon started", "snapd", "daemon started"],
  [
    "<30>Nov 23 10:11:12 web01 NetworkManager[7]: <info>  [1.2] device up",
    "NetworkManager",
    "<info>  [1.2] device up",
  ],
  ["<84>1 2026-11-23T10:11:12+08:00 web01 vault 9 - - token revoked", "vault", "token revoked"],
  ["2026-11-23T10:11:12.003456+08:00 web01 org.gnome.Shell@x11: gone", "org.gnome.Shell@x11", "gone"],
  ["<78>Nov 23 10:11:12 web01 /usr/bin/backup.sh: done", "/usr/bin/backup.sh", "done"],
  ["<22>Nov 23 10:11:12 mail01 postfix/qmgr[4]: ABC: removed", "postfix/qmgr", "ABC: removed"],
];

test("a line of a program that nobody knows is a plain message, with what its header says", () => {
  for (const [line, program, message] of PROGRAMS) {
    const { parser, parsed, record } = read(line);
    assert.deepEqual([parser, parsed, record["event.dataset"]], ["syslog", true, "syslog"], line);
    assert.deepEqual([record["process.name"], record.message], [program, message], line);
    assert.equal(record["@timestamp"]?.toString().slice(0, 19), "2026-11-23T02:11:12", line);
    assert.deepEqual(record, read(line, "syslog").record, line);
  }
});

/** Lines that no parser takes and that are no program's of a host. */
const OTHERS: readonly string[] = [
  // Network devices: their own facilities, the forms of Cisco, Arista and Aruba.
  "<189>Nov 23 10:11:12 leaf1 Bgp: peer 203.0.113.1 went down",
  "<134>Nov 23 10:11:12 ap-7 stm[1234]: station roamed",
  "<14>Nov 23 10:11:12 ap-7 stm[1234]: <501093> <NOTI> |stm| station roamed",
  "<30>Nov 23 10:11:12 leaf1 Ebra[11]: %ETH1-is-down",
  "Nov 23 10:11:12 core PORT-5-IF_DOWN_LINK_FAILURE: Interface is down",
  // No program, no host, no header.
  "<13>Nov 23 10:11:12 web01 something happened here",
  "<13>no time at all",
  "Nov 23 10:11:12 snapd[812]: no host",
  "plain text of nobody",
  "",
];

test("what a network device or nobody says stays unparsed", () => {
  for (const line of OTHERS) {
    const { parser, parsed, record } = read(line);
    assert.deepEqual([parser, parsed, record.message], ["", false, line], line);
  }
});

test("a source that names another parser keeps what that does not take unparsed", () => {
  assert.equal(read("Nov 23 10:11:12 web01 snapd[812]: daemon started", "fortigate").parsed, false);
});

const DEVICES = new URL("../../../../../../shared/data/device-logs/", import.meta.url);

test("no real line of a network device becomes one of a program", {
  skip: existsSync(DEVICES) ? false : "../shared/data/device-logs is not there",
}, (t) => {
  for (const file of [
    "cisco-ios",
    "cisco-asa",
    "juniper-junos",
    "fortigate",
    "checkpoint",
    "sophos-firewall",
  ]) {
    const at = new URL(`${file}.log`, DEVICES);
    const lines = readFileSync(at, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "");
    const plain = lines.filter((line) => read(line).parser === "syslog");
    t.diagnostic(`${file}: ${plain.length} of ${lines.length} lines`);
    assert.deepEqual(plain, []);
  }
});
