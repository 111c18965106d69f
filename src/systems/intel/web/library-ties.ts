/** What people call the references and relationships of STIX 2.1: Taiwan's word, and English. */
const TIE_NAMES: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  created_by_ref: ["建立者", "Created by"],
  x_mitre_modified_by_ref: ["修改者", "Modified by"],
  object_refs: ["內含物件", "Objects in it"],
  object_marking_refs: ["分享標示", "Markings"],
  sighting_of_ref: ["目擊的對象", "Sighting of"],
  where_sighted_refs: ["目擊單位", "Where sighted"],
  observed_data_refs: ["觀測資料", "Observed data"],
  sample_refs: ["樣本", "Samples"],
  operating_system_refs: ["作業系統", "Operating systems"],
  parent_directory_ref: ["所在目錄", "Parent directory"],
  resolves_to_refs: ["解析結果", "Resolves to"],
  belongs_to_refs: ["所屬自治系統", "Belongs to"],
  src_ref: ["來源端", "Source"],
  dst_ref: ["目的端", "Destination"],
  image_ref: ["執行檔", "Image"],
  "related-to": ["相關", "Related to"],
  "derived-from": ["衍生自", "Derived from"],
  "duplicate-of": ["重複於", "Duplicate of"],
  indicates: ["顯示", "Indicates"],
  uses: ["使用", "Uses"],
  targets: ["鎖定目標", "Targets"],
  mitigates: ["緩解", "Mitigates"],
  remediates: ["修復", "Remediates"],
  detects: ["偵測", "Detects"],
  exploits: ["利用", "Exploits"],
  has: ["具有", "Has"],
  drops: ["植入", "Drops"],
  downloads: ["下載", "Downloads"],
  delivers: ["散布", "Delivers"],
  controls: ["控制", "Controls"],
  hosts: ["代管", "Hosts"],
  owns: ["擁有", "Owns"],
  compromises: ["入侵", "Compromises"],
  impersonates: ["冒充", "Impersonates"],
  "communicates-with": ["通訊", "Communicates with"],
  "beacons-to": ["定期回報", "Beacons to"],
  "exfiltrates-to": ["外洩至", "Exfiltrates to"],
  "consists-of": ["組成", "Consists of"],
  "based-on": ["依據", "Based on"],
  "located-at": ["位於", "Located at"],
  "attributed-to": ["歸因於", "Attributed to"],
  "variant-of": ["變種", "Variant of"],
  "authored-by": ["撰寫者", "Authored by"],
  "originates-from": ["源自", "Originates from"],
  investigates: ["調查", "Investigates"],
  characterizes: ["刻畫", "Characterizes"],
  "subtechnique-of": ["子技術", "Subtechnique of"],
  "revoked-by": ["已由此取代", "Revoked by"],
};

/** The word for a tie; one that the standard does not name by its own words. */
export function tieNameOf(label: string, language: string): string {
  const known = Object.hasOwn(TIE_NAMES, label) ? TIE_NAMES[label] : undefined;
  return known === undefined ? label : known[language === "zh" ? 0 : 1];
}

/**
 * What a relationship or a sighting is called on its page: its ends and what ties them, or what was seen, as far as they
 * are in sight. Undefined for what has a name of its own.
 */
export function titleOfTie(
  properties: Readonly<Record<string, unknown>>,
  names: ReadonlyMap<string, string | null>,
  language: string,
): string | undefined {
  const nameOf = (ref: unknown) => (typeof ref === "string" ? names.get(ref) : undefined) ?? "?";
  const { type, relationship_type: relation, source_ref, target_ref, sighting_of_ref } = properties;
  if (type === "relationship")
    return `${nameOf(source_ref)} → ${tieNameOf(String(relation), language)} → ${nameOf(target_ref)}`;
  const seen = nameOf(sighting_of_ref);
  return type === "sighting" && seen !== "?" ? seen : undefined;
}
