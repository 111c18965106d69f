import { isIP } from "node:net";
import { domainToUnicode } from "node:url";
import { type Folded, foldDigits, foldName, foldText } from "./fold.ts";
import { domainOfEmail } from "./mail-domain.ts";
import type { Matcher } from "./secrets.ts";

export const REMOVED_KINDS = [
  "organisation",
  "person",
  "email",
  "phone",
  "national-id",
  "internal-address",
  "internal-host",
  "credentials",
  "user-path",
  "encoded",
] as const;
export type RemovedKind = (typeof REMOVED_KINDS)[number];

/** A stretch of the text that gives something away, in UTF-16 units of the original. */
export interface Finding {
  readonly kind: RemovedKind;
  readonly start: number;
  readonly end: number;
}

/** A text in the forms that the detectors look at. */
interface Seen {
  readonly text: string;
  readonly flat: Folded;
  readonly name: Folded;
  readonly digits: Folded;
}

type Detect = (seen: Seen, matcher: Matcher, keep: ReadonlySet<string>) => Finding[];

/**
 * Everything in a text that may not leave. `keep` holds e-mail addresses that are indicators themselves. Findings
 * come in no order and may overlap.
 */
export function detect(text: string, matcher: Matcher, keep: ReadonlySet<string> = new Set()): Finding[] {
  return [...plain(text, matcher, keep), ...encoded(text, matcher, keep)];
}

function plain(text: string, matcher: Matcher, keep: ReadonlySet<string>): Finding[] {
  const seen = { text, flat: foldText(text), name: foldName(text), digits: foldDigits(text) };
  return DETECTORS.flatMap((each) => each(seen, matcher, keep));
}

/** `user:password` of a URL. */
const credentials: Detect = ({ flat }) =>
  matches(flat, /:\/\/([^\s/?#]{1,256})@/g, "credentials", 1, (found) => !isStandIn(found));

/** The bracketed word that already stands in something's place. */
function isStandIn(found: string): boolean {
  return /^\[[^[\]]{1,5}\]$/.test(found);
}

const emails: Detect = (seen, matcher, keep) => {
  const { flat } = seen;
  const shaped = matches(
    flat,
    /[a-z0-9._%+'-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9-]{1,63}){0,8}/g,
    "email",
    0,
    (found) => !(keep.has(found) && !isOwnMail(found, matcher)),
  );
  const own = matcher.emails.flatMap((email) => occurrences(flat, email, "email"));
  // `password@host` of a URL has the form of an address, but the host is the attacker's and stays.
  const users = credentials(seen, matcher, keep);
  return [
    ...shaped.filter((mail) => !users.some((user) => mail.start < user.end + 1 && user.start < mail.end)),
    ...own,
  ];
};

function isOwnMail(email: string, matcher: Matcher): boolean {
  const domain = domainOfEmail(email);
  return (
    matcher.emails.includes(email) ||
    matcher.hosts.some((host) => domain === host || domain.endsWith(`.${host}`))
  );
}

const names: Detect = ({ text, name }, matcher) =>
  matcher.names.flatMap((word) =>
    occurrences(name, word.text, word.kind).filter((found) => !word.alone || standsAlone(text, found)),
  );

function standsAlone(text: string, found: Finding): boolean {
  const before = [...text.slice(Math.max(0, found.start - 2), found.start)].at(-1) ?? "";
  const after = [...text.slice(found.end, found.end + 2)][0] ?? "";
  return !/\p{Script=Latin}/u.test(before) && !/\p{Script=Latin}/u.test(after);
}

const GAP = "[\\s\\-‐‑–—.]{0,2}";
const EXTENSION = "(?:\\s{0,2}(?:#|ext\\.?|分機|轉)\\s{0,2}\\d{1,6})?";
/** Taiwan: mobile 09, landlines 02 to 08 with eight or nine digits, either with +886 for the 0. */
const PHONE = new RegExp(
  `(?<![0-9a-z.])(?<!\\d[-:/])(?:\\+?886${GAP}(?:\\(0\\)${GAP})?\\(?|\\(?0)(?:9(?:${GAP}\\d){8}|[2-8](?:[\\s\\-‐‑–—.)]{0,3}\\d){7,8})(?![0-9a-z])${EXTENSION}`,
  "g",
);

const phones: Detect = ({ flat, digits }, matcher) => [
  ...matches(flat, PHONE, "phone"),
  ...matcher.phones.flatMap((phone) => occurrences(digits, phone, "phone")),
];

/** National identification and resident certificate numbers: a letter, then 1, 2, 8, 9 or A to D, then eight digits. */
const nationalIds: Detect = ({ flat }) =>
  matches(flat, /(?<![0-9a-z])[a-z][1289a-d]\d{8}(?![0-9a-z])/g, "national-id");

const addresses4: Detect = ({ flat }, matcher) =>
  matches(flat, /\d{1,3}(?:\.\d{1,3}){3,15}(?:\/\d{1,2})?/g, "internal-address", 0, (found) => {
    const octets = (found.split("/", 1)[0] ?? "").split(".").map(Number);
    return octets.some(
      (_, at) => at + 4 <= octets.length && matcher.networks.holds(octets.slice(at, at + 4).join(".")),
    );
  });

const addresses6: Detect = ({ flat: folded }, matcher) =>
  [...folded.text.matchAll(/[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,16}(?:(?:\.\d{1,3}){3})?/g)].flatMap(
    (match) => {
      const before = folded.text[match.index - 1] ?? "";
      // A letter that touches it may have lent it a hexadecimal beginning, `source:fd00::1`: then every tail is looked at.
      const tails = /[0-9a-z]/.test(before) ? tailsOf(match[0]) : [match[0]];
      const inside = tails.find((tail) => isIP(tail) === 6 && matcher.networks.holds(tail));
      const fixed =
        inside ??
        [match[0].replace(/^:(?!:)/, ""), match[0].replace(/(?<!:):$/, "")].find(
          (tail) => isIP(tail) === 6 && matcher.networks.holds(tail),
        );
      if (fixed === undefined) return [];
      const start = match.index + match[0].lastIndexOf(fixed);
      return [spanOf(folded, start, start + fixed.length, "internal-address")];
    },
  );

function tailsOf(token: string): string[] {
  const starts = [0, ...[...token.matchAll(/:/g)].map((colon) => colon.index + 1)];
  return starts.map((start) => token.slice(start));
}

const INTERNAL_SUFFIX =
  /(?<![\w.-])[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63}){0,6}\.(?:local|localdomain|lan|internal|intranet|corp|home\.arpa)(?![a-z0-9-])/g;
const SHARE = /(?<![\\\w:])\\\\([a-z0-9][a-z0-9_-]{0,62})(?=\\)/g;

const hosts: Detect = ({ text, flat: folded }, matcher) => {
  const own = matcher.hosts.flatMap((host) =>
    occurrences(folded, host, "internal-host", (start, end) => {
      const touched =
        /[a-z0-9]/.test(folded.text[start - 1] ?? "") || /[a-z0-9]/.test(folded.text[end] ?? "");
      return host.length >= 4 || !touched;
    }).map((found) => widened(text, found)),
  );
  return [
    ...own,
    ...matches(folded, INTERNAL_SUFFIX, "internal-host"),
    ...matches(folded, SHARE, "internal-host", 1),
  ];
};

/** The whole name around a part of it: `dc1.` before a domain, `-backup` behind a host. */
function widened(text: string, found: Finding): Finding {
  const before = /[A-Za-z0-9_-][A-Za-z0-9_.-]{0,200}$/.exec(
    text.slice(Math.max(0, found.start - 201), found.start),
  );
  const after = /^[A-Za-z0-9_-]{1,200}/.exec(text.slice(found.end, found.end + 200));
  return {
    ...found,
    start: found.start - (before?.[0].length ?? 0),
    end: found.end + (after?.[0].length ?? 0),
  };
}

const SEGMENT = '[^\\\\/:*?"<>|\\s]{1,64}';
const USER = `(${SEGMENT}(?: ${SEGMENT}){0,3}(?=[\\\\/])|${SEGMENT})`;
const WINDOWS_HOME = new RegExp(
  `(?:[a-z]:[\\\\/]{1,4}|\\\\{1,4})(?:users|documents and settings|使用者)[\\\\/]{1,4}${USER}`,
  "g",
);
/** A path from the root, not one of a URL: `https://example.org/home/…` stays. */
const UNIX_HOME = new RegExp(
  `(?:(?<![\\w.\\-/\\\\])/|file:/{1,3})(?:home|users|export/home)/{1,2}${USER}`,
  "g",
);
const NOBODY = new Set(["public", "default", "all users", "default user"]);

const userPaths: Detect = ({ flat }) =>
  [WINDOWS_HOME, UNIX_HOME].flatMap((path) =>
    matches(flat, path, "user-path", 1, (found) => !NOBODY.has(found) && !isStandIn(found)),
  );

const DETECTORS: readonly Detect[] = [
  credentials,
  emails,
  names,
  phones,
  nationalIds,
  addresses4,
  addresses6,
  hosts,
  userPaths,
];

/** Words that say something else once decoded: `%E7%8E%8B`, `\u738b`, `&#29579;`, `xn--…`. */
function encoded(text: string, matcher: Matcher, keep: ReadonlySet<string>): Finding[] {
  return [...text.matchAll(/\S+/g)].flatMap((word) => {
    const decoded = decode(word[0]);
    if (decoded === word[0] || plain(decoded, matcher, keep).length === 0) return [];
    if (plain(word[0], matcher, keep).length > 0) return [];
    return [{ kind: "encoded" as const, start: word.index, end: word.index + word[0].length }];
  });
}

/** Undoes percent, `\u` and numeric entity encoding and punycode, at most three times over. */
export function decode(text: string): string {
  let now = text;
  for (let round = 0; round < 3; round++) {
    const next = decodeOnce(now);
    if (next === now) break;
    now = next;
  }
  return now;
}

function decodeOnce(text: string): string {
  return text
    .replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"))
    .replace(/(?:\\u[0-9a-f]{4})+/gi, (run) =>
      String.fromCharCode(...(run.match(/[0-9a-f]{4}/gi) ?? []).map((unit) => Number.parseInt(unit, 16))),
    )
    .replace(
      /&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi,
      (whole, hex: string | undefined, decimal: string | undefined) => {
        const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
        return point <= 0x10_ffff ? String.fromCodePoint(point) : whole;
      },
    )
    .replace(/[a-z0-9.-]*xn--[a-z0-9.-]+/gi, (host) => domainToUnicode(host) || host);
}

function occurrences(
  folded: Folded,
  word: string,
  kind: RemovedKind,
  accepts: (start: number, end: number) => boolean = () => true,
): Finding[] {
  const found: Finding[] = [];
  if (word === "") return found;
  for (let at = folded.text.indexOf(word); at >= 0; at = folded.text.indexOf(word, at + 1)) {
    if (accepts(at, at + word.length)) found.push(spanOf(folded, at, at + word.length, kind));
  }
  return found;
}

function matches(
  folded: Folded,
  pattern: RegExp,
  kind: RemovedKind,
  group = 0,
  accepts: (found: string, whole: string) => boolean = () => true,
): Finding[] {
  return [...folded.text.matchAll(pattern)].flatMap((match) => {
    const found = match[group] ?? "";
    if (found === "" || !accepts(found, match[0])) return [];
    const start = match.index + (group === 0 ? 0 : match[0].lastIndexOf(found));
    return [spanOf(folded, start, start + found.length, kind)];
  });
}

function spanOf(folded: Folded, start: number, end: number, kind: RemovedKind): Finding {
  return { kind, start: folded.from[start] ?? 0, end: folded.to[end - 1] ?? 0 };
}
