import { Go, useLanguage, useTexts } from "../../../web/kit.ts";
import type { GraphNode } from "../library/model.ts";

export const LIBRARY = "/api/v1/intel/library";
export const MATRICES = "/api/v1/intel/matrices";

/** Taiwan's words for STIX's types; a type of somebody's own is shown as it is. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  "attack-pattern": "攻擊手法",
  campaign: "攻擊行動",
  "course-of-action": "應對措施",
  grouping: "群組",
  identity: "身分",
  incident: "事件",
  indicator: "入侵指標",
  infrastructure: "基礎設施",
  "intrusion-set": "入侵組合",
  location: "地點",
  malware: "惡意程式",
  "malware-analysis": "惡意程式分析",
  note: "註記",
  "observed-data": "觀察資料",
  opinion: "意見",
  relationship: "關係",
  report: "報告",
  sighting: "目擊紀錄",
  "threat-actor": "威脅行為者",
  tool: "工具",
  vulnerability: "弱點",
  "ipv4-addr": "IPv4 位址",
  "ipv6-addr": "IPv6 位址",
  "domain-name": "網域",
  url: "網址",
  "email-addr": "郵件地址",
  file: "檔案",
  "marking-definition": "分享標示定義",
};
export const STIX_TYPES = Object.keys(TYPE_NAMES);

export function useTypeName(): (type: string) => string {
  const [language] = useLanguage();
  return (type) => (language === "zh" ? (TYPE_NAMES[type] ?? type) : type);
}

export function TypeName({ type }: { readonly type: string }) {
  return <span title={type}>{useTypeName()(type)}</span>;
}

export function objectPath(id: string): string {
  return `/library/${id}`;
}

/** An object by its name, leading to its page; one out of sight by what is known of it. */
export function ObjectLink({ node }: { readonly node: Pick<GraphNode, "id" | "type" | "name"> }) {
  const t = useTexts("library");
  if (node.name === null)
    return (
      <span className="muted">
        <TypeName type={node.type} /> <span className="mono">{node.id.slice(-12)}</span> {t("unseen")}
      </span>
    );
  return (
    <span>
      <TypeName type={node.type} /> <Go to={objectPath(node.id)}>{node.name}</Go>
    </span>
  );
}
