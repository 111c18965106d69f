const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Open vocabularies (STIX 2.1 section 10): a value from elsewhere is allowed, and is a warning. By type and property. */
export const OPEN_VOCABULARIES: Readonly<Record<string, Readonly<Record<string, ReadonlySet<string>>>>> = {
  grouping: { context: words("suspicious-activity malware-analysis unspecified") },
  identity: {
    identity_class: words("individual group system organization class unknown"),
    sectors:
      words(`agriculture aerospace automotive chemical commercial communications construction defense education
      energy entertainment financial-services government emergency-services government-local government-national
      government-public-services government-regional healthcare hospitality-leisure infrastructure dams nuclear water
      insurance manufacturing mining non-profit pharmaceuticals retail technology telecommunications transportation
      utilities`),
  },
  indicator: {
    indicator_types: words(
      "anomalous-activity anonymization benign compromised malicious-activity attribution unknown",
    ),
    pattern_type: words("stix pcre sigma snort suricata yara"),
  },
  infrastructure: {
    infrastructure_types:
      words(`amplification anonymization botnet command-and-control control-system exfiltration
      firewall hosting-malware hosting-target-lists phishing reconnaissance routers-switches staging workstation unknown`),
  },
  malware: {
    malware_types: words(`adware backdoor bot bootkit ddos downloader dropper exploit-kit keylogger ransomware
      remote-access-trojan resource-exploitation rogue-security-software rootkit screen-capture spyware trojan unknown
      virus webshell wiper worm`),
    architecture_execution_envs: words("alpha arm ia-64 mips powerpc sparc x86 x86-64"),
    implementation_languages:
      words(`applescript bash c c++ c# go java javascript lua objective-c perl php powershell
      python ruby scala swift typescript visual-basic x86-32 x86-64`),
    capabilities:
      words(`accesses-remote-machines anti-debugging anti-disassembly anti-emulation anti-memory-forensics
      anti-sandbox anti-vm captures-input-peripherals captures-output-peripherals captures-system-state-data
      cleans-traces-of-infection commits-fraud communicates-with-c2 compromises-data-availability
      compromises-data-integrity compromises-system-availability controls-local-machine degrades-security-software
      degrades-system-updates determines-c2-server emails-spam escalates-privileges evades-av exfiltrates-data
      fingerprints-host hides-artifacts hides-executing-code infects-files infects-remote-machines installs-other-components
      persists-after-system-reboot prevents-artifact-access prevents-artifact-deletion probes-network-environment
      self-modifies steals-authentication-credentials violates-system-operational-integrity`),
  },
  "malware-analysis": { result: words("malicious suspicious benign unknown") },
  report: {
    report_types:
      words(`attack-pattern campaign identity indicator intrusion-set malware observed-data threat-actor
      threat-report tool vulnerability`),
  },
  "threat-actor": {
    threat_actor_types:
      words(`activist competitor crime-syndicate criminal hacker insider-accidental insider-disgruntled
      nation-state sensationalist spy terrorist unknown`),
    roles: words(
      "agent director independent infrastructure-architect infrastructure-operator malware-author sponsor",
    ),
    sophistication: words("none minimal intermediate advanced expert innovator strategic"),
  },
  tool: {
    tool_types:
      words(`denial-of-service exploitation information-gathering network-capture credential-exploitation
      remote-access vulnerability-scanning unknown`),
  },
  "user-account": {
    account_type: words(
      "facebook ldap nis openid radius skype tacacs twitter unix windows-local windows-domain",
    ),
  },
  location: {
    region: words(`africa eastern-africa middle-africa northern-africa southern-africa western-africa americas
      latin-america-caribbean south-america caribbean central-america northern-america asia central-asia eastern-asia
      southern-asia south-eastern-asia western-asia europe eastern-europe northern-europe southern-europe western-europe
      oceania antarctica australia-new-zealand melanesia micronesia polynesia`),
  },
};

const MOTIVATION = words(`accidental coercion dominance ideology notoriety organizational-gain personal-gain
  personal-satisfaction revenge unpredictable`);
const RESOURCES = words("individual club contest team organization government");

/** As above, of properties that mean the same in every type that has them. */
export const SHARED_VOCABULARIES: Readonly<Record<string, ReadonlySet<string>>> = {
  primary_motivation: MOTIVATION,
  secondary_motivations: MOTIVATION,
  personal_motivations: MOTIVATION,
  resource_level: RESOURCES,
};

export const HASH_ALGORITHMS = words("MD5 SHA-1 SHA-256 SHA-512 SHA3-256 SHA3-512 SSDEEP TLSH");

/** Closed enumerations of the predefined extensions of observables (sections 10.18 to 10.27). */
export const ADDRESS_FAMILIES = [
  ..."AF_UNSPEC AF_INET AF_IPX AF_APPLETALK AF_NETBIOS AF_INET6 AF_IRDA AF_BTH".split(" "),
];
export const SOCKET_TYPES = [..."SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET".split(" ")];
export const SERVICE_START_TYPES = [
  ..."SERVICE_AUTO_START SERVICE_BOOT_START SERVICE_DEMAND_START SERVICE_DISABLED SERVICE_SYSTEM_ALERT".split(
    " ",
  ),
];
export const SERVICE_TYPES = [
  ..."SERVICE_KERNEL_DRIVER SERVICE_FILE_SYSTEM_DRIVER SERVICE_WIN32_OWN_PROCESS SERVICE_WIN32_SHARE_PROCESS".split(
    " ",
  ),
];
export const SERVICE_STATES = [
  "SERVICE_CONTINUE_PENDING",
  "SERVICE_PAUSE_PENDING",
  "SERVICE_PAUSED",
  "SERVICE_RUNNING",
  "SERVICE_START_PENDING",
  "SERVICE_STOP_PENDING",
  "SERVICE_STOPPED",
];

const targets = (text: string) => words(text);

/** Relationships that the standard defines (appendix B): source, word, targets. Others are allowed, with a warning. */
export const RELATIONSHIPS: Readonly<Record<string, Readonly<Record<string, ReadonlySet<string>>>>> = {
  "attack-pattern": {
    delivers: targets("malware"),
    targets: targets("identity location vulnerability"),
    uses: targets("malware tool"),
  },
  campaign: {
    "attributed-to": targets("intrusion-set threat-actor"),
    compromises: targets("infrastructure"),
    "originates-from": targets("location"),
    targets: targets("identity location vulnerability"),
    uses: targets("attack-pattern infrastructure malware tool"),
  },
  "course-of-action": {
    investigates: targets("indicator"),
    mitigates: targets("attack-pattern indicator malware tool vulnerability"),
  },
  identity: { "located-at": targets("location") },
  indicator: {
    indicates: targets("attack-pattern campaign infrastructure intrusion-set malware threat-actor tool"),
    "based-on": targets("observed-data"),
  },
  infrastructure: {
    "communicates-with": targets("infrastructure ipv4-addr ipv6-addr domain-name url"),
    "consists-of": targets("infrastructure observed-data"),
    controls: targets("infrastructure malware"),
    delivers: targets("malware"),
    has: targets("vulnerability"),
    hosts: targets("tool malware"),
    "located-at": targets("location"),
    uses: targets("infrastructure"),
  },
  "intrusion-set": {
    "attributed-to": targets("threat-actor"),
    compromises: targets("infrastructure"),
    hosts: targets("infrastructure"),
    owns: targets("infrastructure"),
    "originates-from": targets("location"),
    targets: targets("identity location vulnerability"),
    uses: targets("attack-pattern infrastructure malware tool"),
  },
  malware: {
    "authored-by": targets("threat-actor intrusion-set"),
    "beacons-to": targets("infrastructure"),
    "exfiltrate-to": targets("infrastructure"),
    "communicates-with": targets("ipv4-addr ipv6-addr domain-name url"),
    controls: targets("malware"),
    downloads: targets("malware tool file"),
    drops: targets("malware tool file"),
    exploits: targets("vulnerability"),
    "originates-from": targets("location"),
    targets: targets("identity infrastructure location vulnerability"),
    uses: targets("attack-pattern infrastructure malware tool"),
    "variant-of": targets("malware"),
  },
  "malware-analysis": {
    characterizes: targets("malware"),
    "analysis-of": targets("malware"),
    "static-analysis-of": targets("malware"),
    "dynamic-analysis-of": targets("malware"),
  },
  "threat-actor": {
    "attributed-to": targets("identity"),
    compromises: targets("infrastructure"),
    hosts: targets("infrastructure"),
    owns: targets("infrastructure"),
    impersonates: targets("identity"),
    "located-at": targets("location"),
    targets: targets("identity location vulnerability"),
    uses: targets("attack-pattern infrastructure malware tool"),
  },
  tool: {
    delivers: targets("malware"),
    drops: targets("malware"),
    has: targets("vulnerability"),
    targets: targets("identity infrastructure location vulnerability"),
    uses: targets("infrastructure"),
  },
  "domain-name": { "resolves-to": targets("domain-name ipv4-addr ipv6-addr") },
  "ipv4-addr": { "resolves-to": targets("mac-addr"), "belongs-to": targets("autonomous-system") },
  "ipv6-addr": { "resolves-to": targets("mac-addr"), "belongs-to": targets("autonomous-system") },
};

/** Names of the IANA character sets registry: families of code pages, and the others one by one. */
const CHARSET_FAMILY =
  /^(?:utf-(?:7|8|16|16be|16le|32|32be|32le)|iso-8859-(?:[1-9]|1[0-6])(?:-[ei]|-windows-[\w-]+)?|iso-2022-(?:cn|cn-ext|kr|jp|jp-2)|iso-10646-[\w-]+|windows-(?:874|31j|125[0-8])|ibm(?:\d{3,5}|-[\w-]+|[\w-]+)|ebcdic-[\w-]+|koi8-[ru]|cp\d{5}|iso-ir-\d{1,3}(?:-[\w]+)?)$/i;
const CHARSETS =
  words(`us-ascii ascii shift_jis euc-jp euc-kr gb2312 gbk gb18030 big5 big5-hkscs hz-gb-2312 tis-620
  viscii viqr vn-ascii vn-macos macintosh hp-roman8 koi7-switched unicode-1-1 unicode-1-1-utf-7 scsu bocu-1 cesu-8 utf-7-imap
  iso-unicode-ibm-1261 iso-unicode-ibm-1268 iso-unicode-ibm-1276 iso-unicode-ibm-1264 iso-unicode-ibm-1265 unknown-8bit
  mnemonic mnem tscii brf ptcp154 amiga-1251 osd_ebcdic_df03_irv osd_ebcdic_df04_1 osd_ebcdic_df04_15 dec-mcs dk-us us-dk
  hp-legal hp-math8 hp-pi-font hp-desktop adobe-standard-encoding adobe-symbol-encoding ventura-us
  ventura-international ventura-math microsoft-publishing ks_c_5601-1987 gb_2312-80 jis_encoding jis_x0201 jis_c6226-1978
  jis_c6226-1983 jis_x0212-1990 jis_c6220-1969-jp jis_c6220-1969-ro jis_c6229-1984-a jis_c6229-1984-b
  extended_unix_code_packed_format_for_japanese extended_unix_code_fixed_width_for_japanese ansi_x3.110-1983
  iso_646.basic:1983 iso_646.irv:1983 invariant nats-sefi nats-dano sen_850200_b bs_4730 it es pt gb_1988-80 latin-greek-1
  latin-greek nf_z_62-010 nf_z_62-010_(1973) nf_z_62-010_1973 din_66003 ns_4551-1 ns_4551-2 msz_7795.3 asmo_449 t.61-7bit t.61-8bit
  ecma-cyrillic csa_z243.4-1985-1 csa_z243.4-1985-2 csa_z243.4-1985-gr csn_369103 jus_i.b1.002 jus_i.b1.003-mac
  jus_i.b1.003-serb nc_nc00-10:81 greek-ccitt greek7 greek7-old iso_5427 iso_5427:1981 iso_5428:1980 iso_6937-2-add
  iso_6937-2-25 iso_10367-box inis inis-8 inis-cyrillic iec_p27-1 videotex-suppl latin-lap ds_2089 dutch pc8-danish-norwegian pc8-turkish`);

export function isCharset(name: string): boolean {
  return CHARSET_FAMILY.test(name) || CHARSETS.has(name.toLowerCase());
}

const languageNames = new Intl.DisplayNames("en", { type: "language", fallback: "none" });
const regionNames = new Intl.DisplayNames("en", { type: "region", fallback: "none" });

/** Is a language subtag (ISO 639) one that the Unicode locale data knows? */
export function isKnownLanguage(subtag: string): boolean {
  return languageNames.of(subtag.toLowerCase()) !== undefined;
}

/** Is it a country of ISO 3166-1 alpha-2? */
export function isCountry(code: string): boolean {
  return /^[A-Za-z]{2}$/.test(code) && regionNames.of(code.toUpperCase()) !== undefined;
}
