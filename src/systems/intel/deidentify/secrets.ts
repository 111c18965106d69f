import { foldDigits, foldName, foldText } from "./fold.ts";
import { domainOfEmail, PUBLIC_MAIL } from "./mail-domain.ts";
import { type NetworkList, networkList } from "./network.ts";

/** What an organisation does not want to leave with what it shares (mission I6). */
export interface Secrets {
  /** The organisation's names in every language, short names and aliases. */
  readonly names: readonly string[];
  readonly people: readonly string[];
  readonly emails: readonly string[];
  readonly phones: readonly string[];
  /** Host names and domains; what stands below a domain counts, too. */
  readonly hosts: readonly string[];
  /** Addresses and prefixes of its own networks. */
  readonly networks: readonly string[];
}

export const NO_SECRETS: Secrets = { names: [], people: [], emails: [], phones: [], hosts: [], networks: [] };

/** Secrets made ready for searching: folded words with the kind that each gives away. */
export interface Matcher {
  readonly names: readonly Word[];
  readonly hosts: readonly string[];
  readonly emails: readonly string[];
  readonly phones: readonly string[];
  readonly networks: NetworkList;
}

export interface Word {
  readonly text: string;
  readonly kind: "organisation" | "person";
  /**
   * Only where no other letter touches it: three Latin letters or fewer, or a person known by one Latin word such as
   * an account's name. Every second word would go otherwise.
   */
  readonly alone: boolean;
}

export function matcherOf(secrets: Secrets): Matcher {
  const organisations = secrets.names.flatMap(nameVariants).map((name) => wordOf(name, "organisation"));
  const people = secrets.people.flatMap(personVariants).map((name) => wordOf(name, "person"));
  const hosts = [
    ...secrets.hosts.flatMap(hostVariants),
    ...secrets.emails.map(domainOfEmail).filter((domain) => domain !== "" && !PUBLIC_MAIL.has(domain)),
  ];
  return {
    names: longestFirst([...organisations, ...people].filter((word) => isTelling(word.text))),
    hosts: [...new Set(hosts)].filter((host) => host.length >= 2).sort((a, b) => b.length - a.length),
    emails: secrets.emails.map((email) => foldText(email.trim()).text).filter((email) => email.length >= 3),
    phones: [...new Set(secrets.phones.flatMap(phoneVariants))],
    networks: networkList(secrets.networks),
  };
}

/** A word that can give somebody away has at least two letters or digits. */
function isTelling(folded: string): boolean {
  return [...folded].filter((letter) => /[\p{L}\p{N}]/u.test(letter)).length >= 2;
}

function wordOf(name: string, kind: Word["kind"]): Word {
  const text = foldName(name).text;
  const oneWord = kind === "person" && !/\s/.test(name.trim());
  return { text, kind, alone: (text.length <= 3 || oneWord) && /^[\p{Script=Latin}\p{N}]+$/u.test(text) };
}

function longestFirst(words: Word[]): Word[] {
  const unique = new Map(words.map((word) => [word.text, word]));
  return [...unique.values()].sort((a, b) => b.text.length - a.text.length);
}

const LEGAL_FORMS =
  /(?:股份有限公司|有限公司|公司|財團法人|社團法人|,?\s*co\.?,?\s*ltd\.?|,?\s*inc\.?|,?\s*corp(?:oration)?\.?|,?\s*ltd\.?|,?\s*limited)/giu;

/** What an office is, behind the name of what it runs: 石門水庫管理中心 is known as 石門水庫. */
const OFFICES =
  /(?:管理(?:中心|局|處|所|站|室)|營運(?:中心|處|所)|營業(?:處|所)|分公司|辦事處|服務所|工作站|資訊(?:中心|處|室))$/u;

/** The name, and without its legal form and the kind of office where enough of it remains. */
function nameVariants(name: string): string[] {
  const plain = shortened(name, name.replace(LEGAL_FORMS, " ").trim());
  const place = plain.flatMap((each) => shortened(each, each.replace(OFFICES, "").trim()));
  return [...new Set([...plain, ...place])];
}

function shortened(name: string, short: string): string[] {
  const enough = /\p{Script=Han}/u.test(short)
    ? [...foldName(short).text].length >= 3
    : foldName(short).text.length >= 4;
  return enough && short !== name ? [name, short] : [name];
}

const TITLES =
  "先生 女士 小姐 主任 科長 課長 股長 組長 處長 局長 署長 所長 站長 廠長 經理 副理 協理 總經理 工程師 技師 技士 技正 專員 專門委員 秘書 董事長 執行長 資安長".split(
    " ",
  );
const DOUBLE_SURNAMES = new Set("歐陽 司馬 諸葛 上官 司徒 夏侯 皇甫 東方 尉遲 公孫 張簡 范姜".split(" "));

/** A Chinese name also as the surname with a title and as the given name; a Latin one also in the other order. */
function personVariants(person: string): string[] {
  const name = person.trim();
  const letters = [...foldName(name).text];
  if (
    letters.length >= 2 &&
    letters.length <= 5 &&
    letters.every((letter) => /\p{Script=Han}/u.test(letter))
  ) {
    const double = letters.length > 2 && DOUBLE_SURNAMES.has(letters.slice(0, 2).join(""));
    const surname = letters.slice(0, double ? 2 : 1).join("");
    const given = letters.slice(double ? 2 : 1).join("");
    const titled = TITLES.map((title) => `${surname}${title}`);
    return given.length >= 2 ? [name, ...titled, given] : [name, ...titled];
  }
  const words = name.split(/[\s,，]+/u).filter((word) => word !== "");
  if (words.length < 2 || words.length > 4) return [name];
  const [first = "", ...rest] = words;
  const last = rest.at(-1) ?? "";
  const beforeLast = [first, ...rest.slice(0, -1)].join(" ");
  return [words.join(" "), `${last} ${beforeLast}`, `${last}, ${beforeLast}`, `${rest.join(" ")} ${first}`];
}

/** A full name also by its first label where that label can hardly be an everyday word. */
function hostVariants(host: string): string[] {
  const full = foldText(host.trim()).text.replace(/^\*?\.|\.$/g, "");
  const label = full.split(".", 1)[0] ?? "";
  return full.includes(".") && label.length >= 4 && /[a-z]/.test(label) && /[\d-]/.test(label)
    ? [full, label]
    : [full];
}

/** The number as dialled at home and from abroad; five digits at least. */
function phoneVariants(phone: string): string[] {
  const main = phone.split(/#|ext|分機|轉/iu, 1)[0] ?? "";
  const digits = foldDigits(main).text.replace(/\D/g, "");
  if (digits.length < 5) return [];
  if (digits.startsWith("886")) return [digits, `0${digits.slice(3)}`];
  return digits.startsWith("0") ? [digits, `886${digits.slice(1)}`] : [digits];
}
