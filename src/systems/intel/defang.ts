/** Stands where something was put right, so that a reader can tell what somebody had taken the trouble to defang. */
export const REFANGED = "\u0001";

/** Top-level names of more letters than a country's two that are met in the wild; others are not joined by a bare word. */
const TLDS = new Set(
  `com net org info biz name pro edu gov mil int arpa onion example test invalid local xyz top site online shop club vip
  icu live store tech space website link click fun app dev cloud host work life world today email news media agency
  digital group company services solutions systems support network center team zone rest monster cyou bond sbs cfd
  quest beauty hair skin makeup lol mom ooo win bid loan men party review science stream trade webcam date download
  accountant cricket faith racing gdn kim red blue pink black asia mobi tel travel jobs cat coop museum aero post
  google amazon microsoft`.split(/\s+/),
);

const isTopLevel = (label: string) => /^[a-z]{2}$/.test(label) || TLDS.has(label) || label.startsWith("xn--");

const ARTICLES = new Set(["a", "an", "the", "this", "that", "of", "and", "or", "one", "each", "every"]);

/** Full-width letters, digits and the signs of addresses, as input methods of Chinese leave them. */
const FULL_WIDTH = /[０-９Ａ-Ｚａ-ｚ＠／－＿]/g;

const DOT = /[ \t]?[[({［（【][ \t]?(?:\.|．|。|｡|dot|點)[ \t]?[\])}］）】][ \t]?/gi;
const AT = /[ \t]?[[({［（【][ \t]?(?:@|at)[ \t]?[\])}］）】][ \t]?/gi;
const HALF_BRACKET = /(?<=[\p{L}\p{N}])(?:\[\.|\.\])(?=[\p{L}\p{N}])/gu;
const SCHEME = /\b(?:(h(?:xx|xt|tx|\*\*)p|meow)|(fxp))(s?)(?=[ \t]?(?::\/\/|\[:|：))/gi;
const COLON = /\[:\]|［:］|\[：\]/g;
const COLON_SLASHES = /\[:\/\/\]|：(?:\/\/|／／)|:\[\/\/\]/g;
const SLASH = /\[\/\]/g;
/** `evil dot com`; and names whose every dot is one of Chinese text. */
const SPELT = /(?<![\p{L}\p{N}.-])[a-z0-9-]{1,63}(?: dot [a-z0-9-]{1,63}){1,6}(?![\p{L}\p{N}-])/giu;
const IDEOGRAPHIC =
  /(?<![A-Za-z0-9.-])[A-Za-z0-9-]{1,63}(?:[。｡．][A-Za-z0-9-]{1,63}){1,6}(?![A-Za-z0-9.-])/g;

/**
 * A text in which addresses are as machines know them: `hxxps://evil[.]com`, `evil (dot) com`, `evil。com`, `meow://`,
 * `fxp://`, `[:]`, `[at]` and full-width signs are put right, each with REFANGED before it. Takes time in proportion to
 * the text.
 */
export function refangedText(text: string): string {
  const plain = text
    .replaceAll(REFANGED, "")
    .replace(FULL_WIDTH, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0));
  return plain
    .replace(
      SCHEME,
      (_, web: string | undefined, _file, secure: string) =>
        `${REFANGED}${web === undefined ? "ftp" : "http"}${secure.toLowerCase()}`,
    )
    .replace(COLON_SLASHES, `${REFANGED}://`)
    .replace(COLON, `${REFANGED}:`)
    .replace(SLASH, `${REFANGED}/`)
    .replace(DOT, `${REFANGED}.`)
    .replace(AT, `${REFANGED}@`)
    .replace(HALF_BRACKET, `${REFANGED}.`)
    .replace(SPELT, (found) => {
      const labels = found.split(/ dot /i);
      const fits =
        isTopLevel((labels.at(-1) ?? "").toLowerCase()) && !ARTICLES.has((labels[0] ?? "").toLowerCase());
      return fits ? labels.join(`${REFANGED}.`) : found;
    })
    .replace(IDEOGRAPHIC, (found) => {
      const labels = found.split(/[。｡．]/);
      const numbers = labels.length === 4 && labels.every((label) => /^\d{1,3}$/.test(label));
      const named = isTopLevel((labels.at(-1) ?? "").toLowerCase()) && !/^\d{1,2}$/.test(labels[0] ?? "");
      return numbers || named ? labels.join(`${REFANGED}.`) : found;
    });
}

/** A single value put right. */
export function refanged(value: string): string {
  return refangedText(value).replaceAll(REFANGED, "");
}
