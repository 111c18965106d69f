import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseLine } from "../parsers/line.ts";
import { compileRules, loadPipeline, loadRules } from "./index.ts";
import { readRules } from "./rule.ts";

const root = new URL("../../../../", import.meta.url);
const at = (path: string) => fileURLToPath(new URL(path, root));
const SIGMA = at("../shared/data/sigma/rules");
const { pipeline, issues } = loadPipeline(at("content/sigma-pipelines"));

/** Whether a rule of the log source with this selection meets the line as its parser reads it. */
function meets(source: string, selection: string, line: string): boolean {
  const text = `title: t\nlogsource: ${source}\ndetection:\n  s: ${selection}\n  condition: s\n`;
  const { rules, issues } = readRules(text, "t.yml");
  assert.deepEqual(issues, [], text);
  const compiled = compileRules(rules, pipeline);
  assert.deepEqual(compiled.unmapped, [], source);
  const { record } = parseLine(line, { receivedAt: "2026-11-23T03:00:00.000Z" });
  record["event.original"] = line;
  return compiled.match(record).length > 0;
}

const PAN =
  "1,2026/11/23 10:11:12,001801000001,TRAFFIC,deny,2305,2026/11/23 10:11:11,198.51.100.7,10.1.1.80,,,deny-all,,,ssh,vsys1,untrust,dmz,e1,e2,fwd,2026/11/23 10:11:12,1,1,40000,3389,0,0,0x0,tcp,deny,74,74,0,1";
const ZEEK = (path: string, more: string) =>
  `{"_path":"${path}","ts":1795399872.1,"uid":"C1","id.orig_h":"10.1.1.5","id.orig_p":5000,"id.resp_h":"203.0.113.9","id.resp_p":80,${more}}`;
const COMBINED = (request: string) =>
  `198.51.100.9 - - [23/Nov/2026:10:11:12 +0800] "${request}" 404 196 "-" "sqlmap/1.8"`;

/** A log source as public rules write it, a selection in their names, and a line that it is about. */
const MEETING: readonly (readonly [source: string, selection: string, line: string])[] = [
  ["{category: firewall}", "{dst_port: 3389, src_ip: 198.51.100.7}", PAN],
  ["{product: paloalto, service: traffic}", "{action: deny, src_zone: untrust}", PAN],
  [
    "{product: cisco, service: aaa}",
    "[no access-list]",
    "<189>49: Nov 23 10:11:12.123: %PARSER-5-CFGLOG_LOGGEDCMD: User:netops  logged command:no access-list 120",
  ],
  [
    "{product: cisco, service: bgp}",
    "{'|all': [BADAUTH, MD5]}",
    "<188>51: Nov 23 10:11:12.123: %TCP-6-BADAUTH: No MD5 digest from 203.0.113.1(179) to 203.0.113.2(41234)",
  ],
  [
    "{product: juniper, service: bgp}",
    "[':179', 'RPD_BGP']",
    "Nov 23 10:11:12 srx-1 rpd[1200]: RPD_BGP_NEIGHBOR_STATE_CHANGED: BGP peer 203.0.113.9 changed state from Established to Idle",
  ],
  [
    "{product: huawei, service: bgp}",
    "[ESTABLISHED to IDLE]",
    "<188>Nov 23 2026 02:11:12 RT-01 %%01BGP/3/STATE_CHG_UPDOWN(l)[28]:The status of the peer 203.0.113.9 changed from ESTABLISHED to IDLE. (InstanceName=Public)",
  ],
  [
    "{category: webserver}",
    "{cs-method: GET, cs-uri-query|contains: ../../}",
    COMBINED("GET /a?f=../../x HTTP/1.1"),
  ],
  ["{category: webserver}", "[sqlmap]", COMBINED("GET / HTTP/1.1")],
  [
    "{service: nginx}",
    "['failed (2: No such file']",
    '2026/11/23 10:11:12 [error] 12#12: *5 open() "/x" failed (2: No such file or directory), client: 198.51.100.9, server: w, request: "GET /x HTTP/1.1"',
  ],
  [
    "{service: apache}",
    "[exit signal Segmentation Fault]",
    "[Mon Nov 23 10:11:12.123 2026] [core:notice] [pid 12] AH00052: child pid 99 exit signal Segmentation Fault (11)",
  ],
  [
    "{category: proxy}",
    "{c-useragent|startswith: evil, cs-host: bad.example}",
    '10.1.1.5 - - [23/Nov/2026:10:11:12 +0800] "GET http://bad.example/ HTTP/1.1" 200 10 "-" "evil/1" TCP_MISS:HIER_DIRECT',
  ],
  [
    "{category: proxy}",
    "{c-uri|endswith: /a.exe}",
    ZEEK("http", '"method":"GET","host":"bad.example","uri":"/a.exe"'),
  ],
  [
    "{category: dns}",
    "{query|endswith: .example, record_type: TXT}",
    "23-Nov-2026 10:11:12.123 queries: info: client @0x7f 10.1.1.5#5353 (x.example): query: x.example IN TXT + (203.0.113.53)",
  ],
  ["{category: dns}", "{query: x.example}", "[1795399872] unbound[4411:0] info: 10.1.1.5 x.example. A IN"],
  [
    "{category: dns}",
    "{query: x.example}",
    "11/23/2026 10:11:12 AM 0A4C PACKET  000002D4A1 UDP Rcv 10.1.1.5        0002   Q [0001   D   NOERROR] A      (1)x(7)example(0)",
  ],
  [
    "{product: zeek, service: dns}",
    "{query: x.example, id.resp_p: 80}",
    ZEEK("dns", '"query":"x.example","qtype_name":"A"'),
  ],
  [
    "{product: zeek, service: smb_files}",
    "{path|endswith: ADMIN$, name: a.exe}",
    ZEEK("smb_files", '"path":"\\\\\\\\h\\\\ADMIN$","name":"a.exe"'),
  ],
  [
    "{product: zeek, service: dce_rpc}",
    "{endpoint: samr, operation: SamrGet}",
    ZEEK("dce_rpc", '"endpoint":"samr","operation":"SamrGet"'),
  ],
  [
    "{product: zeek, service: x509}",
    "{certificate.serial: '8BB'}",
    ZEEK("x509", '"certificate.serial":"8BB"'),
  ],
  [
    "{category: antivirus}",
    "{Signature|contains: Mimikatz, Filename|endswith: .exe}",
    '{"event_type":"Threat_Event","ipv4":"10.1.1.5","hostname":"pc","source_uuid":"1","occured":"23-Nov-2026 02:11:12","severity":"Warning","threat_name":"Win64/Mimikatz.A","object_uri":"file:///C:/a.exe","action_taken":"cleaned"}',
  ],
  [
    "{category: antivirus}",
    "{Signature|startswith: Trojan}",
    "Nov 23 10:11:12 s SymantecServer: Virus found,IP Address: 10.1.1.5,Computer name: PC-1,Source: Auto-Protect scan,Risk name: Trojan.Gen,Occurrences: 1,File path: C:\\a.exe,Actual action: Quarantined,Event time: 2026-11-23 02:11:12",
  ],
  [
    "{product: linux, service: auditd}",
    "{type: EXECVE, a0|endswith: chmod, a1: '777'}",
    'type=EXECVE msg=audit(1795399872.123:456): argc=3 a0="chmod" a1="777" a2="/tmp/x"',
  ],
  [
    "{product: linux, service: auditd}",
    "{type: EXECVE, a1: '777', exe: /usr/bin/chmod, name: /tmp/x}",
    'type=SYSCALL msg=audit(1795399872.123:456): syscall=59 success=yes a0=1 a1=2 exe="/usr/bin/chmod"\ntype=EXECVE msg=audit(1795399872.123:456): argc=3 a0="chmod" a1="777" a2="x"\ntype=PATH msg=audit(1795399872.123:456): item=0 name="/tmp/x"',
  ],
  [
    "{product: linux, service: auditd}",
    "{type: SYSCALL, SYSCALL: execve, exe|startswith: /tmp/}",
    'type=SYSCALL msg=audit(1795399872.123:456): arch=c000003e syscall=59 success=yes exit=0 pid=2 uid=0 comm="x" exe="/tmp/x" key="k"\u001dARCH=x86_64 SYSCALL=execve UID="root"',
  ],
  [
    "{product: linux, category: process_creation}",
    "{CommandLine|contains: 'curl -k'}",
    'type=EXECVE msg=audit(1795399872.123:456): argc=3 a0="curl" a1="-k" a2="https://x.example/"',
  ],
  [
    "{product: linux, category: process_creation}",
    "{Image|endswith: /curl, ParentImage|endswith: /bash}",
    '<14>Nov 23 10:11:12 h sysmon: <Event><System><Provider Name="Linux-Sysmon"/><EventID>1</EventID><TimeCreated SystemTime="2026-11-23T02:11:12Z"/><Channel>Linux-Sysmon/Operational</Channel><Computer>h</Computer><Security/></System><EventData><Data Name="Image">/usr/bin/curl</Data><Data Name="ParentImage">/bin/bash</Data></EventData></Event>',
  ],
  [
    "{product: linux, category: network_connection}",
    "{Initiated: 'true', DestinationPort: 4444, DestinationIp|cidr: 203.0.113.0/24, Image|endswith: /nc}",
    'type=SYSCALL msg=audit(1795399872.123:456): arch=c000003e syscall=42 success=yes exit=0 pid=2 exe="/usr/bin/nc"\ntype=SOCKADDR msg=audit(1795399872.123:456): saddr=0200115CCB0071090000000000000000',
  ],
  [
    "{product: linux, service: auditd}",
    "{type: EXECVE, a0: curl, a2: '-'}",
    'type=EXECVE msg=audit(1795399872.123:456): argc=3 a0="curl" a1="-o" a2="-"',
  ],
  [
    "{product: linux, service: sshd}",
    "[Failed password]",
    "Nov 23 10:11:12 h sshd[1]: Failed password for root from 198.51.100.7 port 4 ssh2",
  ],
  [
    "{product: linux}",
    "[promiscuous mode]",
    "Nov 23 10:11:12 h kernel: device eth0 entered promiscuous mode",
  ],
  // Programs that no parser knows, by program and facility
  ["{product: linux}", "[overflow]", "Nov 23 10:11:12 h snapd[812]: buffer overflow detected"],
  ["{product: linux}", "{SourceName: snapd}", "<30>Nov 23 10:11:12 h snapd[812]: started"],
  ["{product: linux, service: syslog}", "[overflow]", "<30>1 2026-11-23T10:11:12Z h snapd 812 - - overflow"],
  ["{product: linux, service: auth}", "[denied]", "<86>Nov 23 10:11:12 h vault[9]: denied"],
  ["{product: linux, service: cron}", "[/tmp/x]", "<78>Nov 23 10:11:12 h run-parts[9]: starting /tmp/x"],
  [
    "{product: linux}",
    "['wget http']",
    'Nov 23 10:11:12 h dockerd[812]: time="2026-11-23T02:11:12Z" level=info msg="exec wget http://x"',
  ],
  ["{product: linux, service: cron}", "[REPLACE]", "Nov 23 10:11:12 h crontab[4]: (root) REPLACE (root)"],
  [
    "{category: application, product: python}",
    "[DataError]",
    "Nov 23 10:11:12 h app[9]: DataError: value too long",
  ],
  [
    "{product: aws, service: cloudtrail}",
    "{eventSource: iam.amazonaws.com, eventName: CreateUser}",
    '{"eventVersion":"1.08","eventTime":"2026-11-23T02:11:12Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","userIdentity":{"type":"Root"}}',
  ],
  [
    "{product: windows, category: process_creation}",
    "{Image|endswith: \\whoami.exe}",
    "<13>Nov 23 10:11:12 d MSWinEventLog\t1\tSecurity\t9\tMon Nov 23 10:11:12 2026\t4688\tMicrosoft-Windows-Security-Auditing\tN/A\tN/A\tSuccess Audit\td\tProcess Creation\t\tA new process has been created.  Creator Subject:  Account Name:  bob  Process Information:  New Process Name:  C:\\Windows\\whoami.exe  Token Elevation Type:  x\t1",
  ],
];

test("rules in the public names meet what the parsers make of raw lines", () => {
  assert.deepEqual(issues, []);
  for (const [source, selection, line] of MEETING) {
    assert.equal(meets(source, selection, line), true, `${source} ${selection} on ${line}`);
  }
});

test("a log source keeps its rules from the records of others", () => {
  assert.equal(meets("{product: linux, service: sshd}", "['10.1.1.80']", PAN), false);
  const device = (line: string) => meets("{product: linux}", "[overflow]", line);
  assert.equal(device("<189>Nov 23 10:11:12 sw Bgp: buffer overflow"), false);
  assert.equal(device("<189>49: Nov 23 10:11:12.123: %SYS-3-OVERFLOW: overflow"), false);
  assert.equal(device("<30>Nov 23 10:11:12 ap stm[1]: <501093> <NOTI> overflow"), false);
  assert.equal(device("<134>Nov 23 10:11:12 fw a=1 b=2 c=overflow"), false);
  assert.equal(device("<134>Nov 23 10:11:12 fw fwd[1]: a=1 b=2 c=overflow"), false);
  assert.equal(
    meets("{product: linux, service: auth}", "[overflow]", "<30>Nov 23 10:11:12 h snapd[1]: overflow"),
    false,
  );
  assert.equal(meets("{category: proxy}", "[sqlmap]", COMBINED("GET / HTTP/1.1")), false);
  assert.equal(meets("{product: juniper}", "['10.1.1.80']", PAN), false);
  assert.equal(
    meets("{product: zeek, service: http}", "[x.example]", ZEEK("dns", '"query":"x.example"')),
    false,
  );
});

/** Public rules whose records do not come in as lines, by reason. */
const WITHOUT: Readonly<Record<string, string>> = {
  azure: "fetched from Microsoft's API; the rules mix the field names of three exports",
  m365: "alerts of Microsoft 365, fetched from its API",
  cisco: "Duo: a service, fetched from its API",
};

test("how many of the public rules have their log source", {
  skip: existsSync(SIGMA) ? false : "../shared/data/sigma is not there",
}, (t) => {
  const { rules } = loadRules(SIGMA);
  const { unmapped, size } = compileRules(rules, pipeline);
  t.diagnostic(`${size} of ${rules.length} rules have a log source that the parsers' records meet`);
  for (const product of Object.keys(WITHOUT)) {
    const count = unmapped.filter(({ logSource }) => logSource.product === product).length;
    t.diagnostic(`${count} of ${product}: ${WITHOUT[product]}`);
  }
  assert.deepEqual(
    unmapped
      .filter(({ logSource }) => WITHOUT[logSource.product ?? ""] === undefined)
      .map(({ file }) => file),
    [],
  );
  assert.ok(size >= 3_000);
});
