/** The tactics of ATT&CK for Enterprise and for ICS, by the short names that Sigma's tags use. */
const NAMES = {
  reconnaissance: ["偵察", "Reconnaissance"],
  "resource-development": ["資源開發", "Resource Development"],
  "initial-access": ["初始入侵", "Initial Access"],
  execution: ["執行", "Execution"],
  persistence: ["持續潛伏", "Persistence"],
  "privilege-escalation": ["權限提升", "Privilege Escalation"],
  "defense-evasion": ["防禦規避", "Defense Evasion"],
  stealth: ["隱匿", "Stealth"],
  "defense-impairment": ["削弱防禦", "Defense Impairment"],
  evasion: ["規避", "Evasion"],
  "credential-access": ["憑證存取", "Credential Access"],
  discovery: ["探索", "Discovery"],
  "lateral-movement": ["橫向移動", "Lateral Movement"],
  collection: ["蒐集", "Collection"],
  "command-and-control": ["命令與控制", "Command and Control"],
  exfiltration: ["資料外洩", "Exfiltration"],
  impact: ["衝擊", "Impact"],
  "inhibit-response-function": ["抑制應變功能", "Inhibit Response Function"],
  "impair-process-control": ["破壞程序控制", "Impair Process Control"],
} as const;

export function isTactic(name: string): name is keyof typeof NAMES {
  return Object.hasOwn(NAMES, name);
}

const inLanguage = (at: 0 | 1): Record<string, string> =>
  Object.fromEntries(Object.entries(NAMES).map(([name, words]) => [`tactic.${name}`, words[at]]));

export const tacticTexts = { zh: inLanguage(0), en: inLanguage(1) };
