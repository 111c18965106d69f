/** What people call the properties of STIX 2.1: Taiwan's word, and English. */
const PROPERTY_NAMES: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  pattern: ["樣式", "Pattern"],
  pattern_type: ["樣式語言", "Pattern language"],
  pattern_version: ["樣式語言版本", "Version of the pattern language"],
  valid_from: ["有效自", "Valid from"],
  valid_until: ["有效至", "Valid until"],
  indicator_types: ["指標類別", "Kinds of indicator"],
  aliases: ["別名", "Aliases"],
  x_mitre_aliases: ["別名（ATT&CK）", "Aliases (ATT&CK)"],
  first_seen: ["首次出現", "First seen"],
  last_seen: ["最近出現", "Last seen"],
  first_observed: ["首次觀察", "First observed"],
  last_observed: ["最近觀察", "Last observed"],
  number_observed: ["觀察次數", "Times observed"],
  published: ["發布時間", "Published"],
  report_types: ["報告類別", "Kinds of report"],
  context: ["脈絡", "Context"],
  malware_types: ["惡意程式類別", "Kinds of malware"],
  is_family: ["是一個家族", "Is a family"],
  capabilities: ["能力", "Capabilities"],
  architecture_execution_envs: ["執行架構", "Architectures"],
  implementation_languages: ["撰寫語言", "Written in"],
  tool_types: ["工具類別", "Kinds of tool"],
  tool_version: ["工具版本", "Version of the tool"],
  threat_actor_types: ["行為者類別", "Kinds of actor"],
  infrastructure_types: ["基礎設施類別", "Kinds of infrastructure"],
  roles: ["角色", "Roles"],
  goals: ["目標", "Goals"],
  objective: ["目的", "Objective"],
  sophistication: ["技術水準", "Sophistication"],
  resource_level: ["資源水準", "Resources"],
  primary_motivation: ["主要動機", "Primary motivation"],
  secondary_motivations: ["次要動機", "Secondary motivations"],
  personal_motivations: ["個人動機", "Personal motivations"],
  identity_class: ["身分類別", "Class of identity"],
  sectors: ["產業", "Sectors"],
  contact_information: ["聯絡方式", "Contact"],
  kill_chain_phases: ["攻擊鏈階段", "Kill chain phases"],
  region: ["區域", "Region"],
  country: ["國家", "Country"],
  administrative_area: ["行政區", "Administrative area"],
  city: ["城市", "City"],
  street_address: ["街道地址", "Street address"],
  postal_code: ["郵遞區號", "Postal code"],
  latitude: ["緯度", "Latitude"],
  longitude: ["經度", "Longitude"],
  precision: ["精確度（公尺）", "Precision (metres)"],
  abstract: ["摘要", "Abstract"],
  authors: ["作者", "Authors"],
  opinion: ["意見", "Opinion"],
  relationship_type: ["關係", "Relationship"],
  start_time: ["開始時間", "Start"],
  stop_time: ["結束時間", "End"],
  count: ["次數", "Count"],
  summary: ["只是摘要", "Is a summary"],
  product: ["產品", "Product"],
  version: ["版本", "Version"],
  result: ["結果", "Result"],
  result_name: ["結果名稱", "Name of the result"],
  submitted: ["送驗時間", "Submitted"],
  analysis_started: ["分析開始", "Analysis started"],
  analysis_ended: ["分析結束", "Analysis ended"],
  analysis_engine_version: ["引擎版本", "Version of the engine"],
  analysis_definition_version: ["病毒碼版本", "Version of the definitions"],
  value: ["值", "Value"],
  hashes: ["雜湊值", "Hashes"],
  size: ["大小（位元組）", "Size (bytes)"],
  mime_type: ["媒體類型", "Media type"],
  name_enc: ["名稱的字元集", "Charset of the name"],
  magic_number_hex: ["檔頭", "Magic number"],
  ctime: ["建立時間", "Created"],
  mtime: ["修改時間", "Modified"],
  atime: ["存取時間", "Accessed"],
  path: ["路徑", "Path"],
  key: ["機碼", "Key"],
  values: ["值", "Values"],
  display_name: ["顯示名稱", "Display name"],
  user_id: ["帳號識別碼", "Account identifier"],
  account_login: ["登入名稱", "Login"],
  account_type: ["帳號類別", "Kind of account"],
  number: ["編號", "Number"],
  rir: ["網際網路註冊管理機構", "Registry"],
  protocols: ["協定", "Protocols"],
  src_port: ["來源埠", "Source port"],
  dst_port: ["目的埠", "Destination port"],
  src_byte_count: ["來源位元組", "Bytes from the source"],
  dst_byte_count: ["目的位元組", "Bytes from the destination"],
  src_packets: ["來源封包", "Packets from the source"],
  dst_packets: ["目的封包", "Packets from the destination"],
  start: ["開始", "Start"],
  end: ["結束", "End"],
  is_active: ["仍在進行", "Is active"],
  pid: ["處理程序編號", "Process number"],
  command_line: ["命令列", "Command line"],
  cwd: ["工作目錄", "Working directory"],
  created_time: ["建立時間", "Created"],
  subject: ["主旨", "Subject"],
  date: ["日期", "Date"],
  body: ["內文", "Body"],
  message_id: ["郵件識別碼", "Message identifier"],
  is_multipart: ["多部分郵件", "Is multipart"],
  cpe: ["CPE", "CPE"],
  vendor: ["廠商", "Vendor"],
  languages: ["語言", "Languages"],
  issuer: ["簽發者", "Issuer"],
  serial_number: ["序號", "Serial number"],
  signature_algorithm: ["簽章演算法", "Signature algorithm"],
  validity_not_before: ["有效自", "Valid from"],
  validity_not_after: ["有效至", "Valid until"],
  definition_type: ["標示類別", "Kind of marking"],
  definition: ["標示內容", "Marking"],
  lang: ["語言", "Language"],
  x_mitre_platforms: ["平臺（ATT&CK）", "Platforms (ATT&CK)"],
  x_mitre_domains: ["領域（ATT&CK）", "Domains (ATT&CK)"],
  x_mitre_version: ["版本（ATT&CK）", "Version (ATT&CK)"],
  x_mitre_is_subtechnique: ["是子技術（ATT&CK）", "Is a subtechnique (ATT&CK)"],
  x_mitre_sectors: ["產業（ATT&CK）", "Sectors (ATT&CK)"],
  x_mitre_detection: ["偵測方式（ATT&CK）", "Detection (ATT&CK)"],
};

/** The word for a property; of somebody's own, its name. */
export function propertyNameOf(name: string, language: string): string {
  const known = Object.hasOwn(PROPERTY_NAMES, name) ? PROPERTY_NAMES[name] : undefined;
  return known === undefined ? name : known[language === "zh" ? 0 : 1];
}

/** What stands elsewhere on the page of an object: its head, its facts, its ties and its references. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "type",
  "spec_version",
  "id",
  "created",
  "modified",
  "name",
  "description",
  "content",
  "explanation",
  "labels",
  "confidence",
  "revoked",
  "external_references",
  "granular_markings",
  "extensions",
  "x_mitre_attack_spec_version",
  "x_mitre_deprecated",
]);

/** A property as the page shows it. */
export type Said =
  | { readonly name: string; readonly kind: "text"; readonly text: string }
  /** A pattern, a command line: shown letter for letter. */
  | { readonly name: string; readonly kind: "code"; readonly text: string }
  | { readonly name: string; readonly kind: "time"; readonly at: string }
  | { readonly name: string; readonly kind: "truth"; readonly holds: boolean }
  | { readonly name: string; readonly kind: "list"; readonly items: readonly string[] };

const CODE: ReadonlySet<string> = new Set(["pattern", "command_line", "value", "path", "key", "cwd", "cpe"]);
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

/** What a document says besides what the page tells elsewhere, in the order of the known names, others behind. */
export function saidBy(properties: Readonly<Record<string, unknown>>): Said[] {
  const order = Object.keys(PROPERTY_NAMES);
  const place = (name: string) => {
    const at = order.indexOf(name);
    return at < 0 ? order.length : at;
  };
  return Object.entries(properties)
    .filter(([name]) => !ELSEWHERE.has(name) && !/_refs?$/.test(name))
    .toSorted(([one], [other]) => place(one) - place(other))
    .flatMap(([name, value]) => saidOf(name, value));
}

function saidOf(name: string, value: unknown): Said[] {
  if (value === null || value === "") return [];
  if (typeof value === "string") {
    if (INSTANT.test(value) && !Number.isNaN(Date.parse(value))) return [{ name, kind: "time", at: value }];
    return [{ name, kind: CODE.has(name) ? "code" : "text", text: value }];
  }
  if (typeof value === "number") return [{ name, kind: "text", text: String(value) }];
  if (typeof value === "boolean") return [{ name, kind: "truth", holds: value }];
  if (Array.isArray(value)) {
    const items = value.map(itemOf);
    return items.length === 0 ? [] : [{ name, kind: "list", items }];
  }
  const items = Object.entries(value as object).map(([key, each]) => `${key}: ${itemOf(each)}`);
  return items.length === 0 ? [] : [{ name, kind: "list", items }];
}

/** A phase of a kill chain as `chain / phase`, anything else that is nested as JSON. */
function itemOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && "kill_chain_name" in value && "phase_name" in value)
    return `${String(value.kill_chain_name)} / ${String(value.phase_name)}`;
  return JSON.stringify(value);
}
