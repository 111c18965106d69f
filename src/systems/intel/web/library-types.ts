/** What people call the types of STIX 2.1, of ATT&CK and of MISP: Taiwan's word, and English. */
const TYPE_NAMES: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  indicator: ["入侵指標", "Indicator"],
  malware: ["惡意程式", "Malware"],
  tool: ["工具", "Tool"],
  "attack-pattern": ["攻擊手法", "Attack pattern"],
  campaign: ["攻擊行動", "Campaign"],
  "intrusion-set": ["入侵組合", "Intrusion set"],
  "threat-actor": ["威脅行為者", "Threat actor"],
  vulnerability: ["弱點", "Vulnerability"],
  report: ["報告", "Report"],
  infrastructure: ["基礎設施", "Infrastructure"],
  "course-of-action": ["應對措施", "Course of action"],
  "malware-analysis": ["惡意程式分析", "Malware analysis"],
  incident: ["事件", "Incident"],
  grouping: ["群組", "Grouping"],
  identity: ["身分", "Identity"],
  location: ["地點", "Location"],
  note: ["註記", "Note"],
  opinion: ["意見", "Opinion"],
  "observed-data": ["觀察資料", "Observed data"],
  relationship: ["關係", "Relationship"],
  sighting: ["目擊紀錄", "Sighting"],
  "ipv4-addr": ["IPv4 位址", "IPv4 address"],
  "ipv6-addr": ["IPv6 位址", "IPv6 address"],
  "domain-name": ["網域", "Domain name"],
  url: ["網址", "URL"],
  "email-addr": ["郵件地址", "E-mail address"],
  "email-message": ["郵件", "E-mail message"],
  file: ["檔案", "File"],
  artifact: ["檔案內容", "Artifact"],
  directory: ["資料夾", "Directory"],
  "autonomous-system": ["自治系統", "Autonomous system"],
  "mac-addr": ["MAC 位址", "MAC address"],
  mutex: ["互斥鎖", "Mutex"],
  "network-traffic": ["網路流量", "Network traffic"],
  process: ["處理程序", "Process"],
  software: ["軟體", "Software"],
  "user-account": ["使用者帳號", "User account"],
  "windows-registry-key": ["登錄機碼", "Registry key"],
  "x509-certificate": ["X.509 憑證", "X.509 certificate"],
  "marking-definition": ["分享標示定義", "Marking definition"],
  "language-content": ["翻譯內容", "Language content"],
  "extension-definition": ["擴充定義", "Extension definition"],
  "x-mitre-tactic": ["ATT&CK 戰術", "ATT&CK tactic"],
  "x-mitre-matrix": ["ATT&CK 矩陣", "ATT&CK matrix"],
  "x-mitre-collection": ["ATT&CK 合集", "ATT&CK collection"],
  "x-mitre-asset": ["ATT&CK 資產", "ATT&CK asset"],
  "x-mitre-data-source": ["ATT&CK 資料來源", "ATT&CK data source"],
  "x-mitre-data-component": ["ATT&CK 資料元件", "ATT&CK data component"],
  "x-mitre-detection-strategy": ["ATT&CK 偵測策略", "ATT&CK detection strategy"],
  "x-mitre-analytic": ["ATT&CK 分析規則", "ATT&CK analytic"],
  "x-misp-event": ["MISP 事件", "MISP event"],
  "x-misp-object": ["MISP 物件", "MISP object"],
  "x-misp-attribute": ["MISP 屬性", "MISP attribute"],
};

export const STIX_TYPES: readonly string[] = Object.keys(TYPE_NAMES);

/** The word for a type; one of somebody's own (`x-acme-thing`) by its own words, said to be so. */
export function typeNameOf(type: string, language: string): string {
  const known = Object.hasOwn(TYPE_NAMES, type) ? TYPE_NAMES[type] : undefined;
  if (known !== undefined) return known[language === "zh" ? 0 : 1];
  const plain = type.replace(/^x-/, "").replaceAll("-", " ");
  return language === "zh" ? `${plain}（自訂）` : `${plain} (custom)`;
}
