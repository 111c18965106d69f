/** What the page of the matrices says. */
export const matrixTexts = {
  zh: {
    "matrix.none": "情資庫裡沒有 ATT&CK 矩陣",
    "matrix.none.advice": "匯入 MITRE ATT&CK 的 STIX 文件（企業或 ICS）後，矩陣會出現在這裡。",
    "matrix.count": "{{count}} 筆引用",
    "matrix.parts": "子技術 {{count}} 項",
    "matrix.layer": "匯出 Navigator 圖層",
    "matrix.used": "只看有引用的技術",
    "matrix.why.alerts":
      "情資：您看得到的關係、報告與目擊紀錄中指到該技術的筆數；警訊：標有該技術的警訊數（誤報不計）。",
    "matrix.named": "情資 {{count}}",
    "matrix.raised": "警訊 {{count}}",
    "matrix.alerts": "{{count}} 件警訊",
    "matrix.find": "找技術名稱或編號",
    "matrix.platform": "平台",
    "matrix.platform.all": "所有平台",
    "matrix.unfold": "展開子技術",
    "matrix.nothing": "沒有符合條件的技術",
    "matrix.why": "數字是您看得到的關係、報告與目擊紀錄中，指到該技術的筆數。",
  },
  en: {
    "matrix.none": "The library holds no ATT&CK matrix",
    "matrix.none.advice":
      "Import the STIX bundle of MITRE ATT&CK (enterprise or ICS) and its matrix appears here.",
    "matrix.count": "Named by {{count}}",
    "matrix.parts": "Sub-techniques: {{count}}",
    "matrix.layer": "Export Navigator layer",
    "matrix.used": "Only techniques that are named",
    "matrix.why.alerts":
      "Intel: relations, reports and sightings in your sight that name the technique. Alerts: those tagged with it, without false positives.",
    "matrix.named": "intel {{count}}",
    "matrix.raised": "alerts {{count}}",
    "matrix.alerts": "{{count}} alerts",
    "matrix.find": "Find a technique by name or number",
    "matrix.platform": "Platform",
    "matrix.platform.all": "All platforms",
    "matrix.unfold": "Unfold sub-techniques",
    "matrix.nothing": "No technique fits",
    "matrix.why":
      "The number counts the relationships, reports and sightings in your sight that name the technique.",
  },
};
