/** TAXII 2.1 section 1.6.8. */
export const TAXII_TYPE = "application/taxii+json;version=2.1";
export const STIX_TYPE = "application/stix+json;version=2.1";

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * Does the client take TAXII 2.1? Without a version it takes the newest; without the header it takes anything. Of several
 * ranges that fit, the most specific one decides (RFC 9110 section 12.5.1), so that `q=0` can take it out of `*\/*`.
 */
export function acceptsTaxii(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === "") return true;
  let best = 0;
  let weight = 0;
  for (const range of mediaRanges(accept)) {
    const closeness = closenessOf(range);
    const given = weightOf(range);
    if (closeness === 0 || given === undefined || closeness < best) continue;
    weight = closeness > best ? given : Math.max(weight, given);
    best = closeness;
  }
  return weight > 0;
}

/** Is the body TAXII 2.1? */
export function isTaxiiContent(contentType: string | undefined): boolean {
  const [range, ...others] = mediaRanges(contentType ?? "");
  return range !== undefined && others.length === 0 && isTaxii(range);
}

/** How closely a range names TAXII 2.1; 0 where it does not fit. */
function closenessOf(range: MediaRange): number {
  if (range.type === "*/*") return 1;
  if (range.type === "application/*") return 2;
  if (!isTaxii(range)) return 0;
  return range.parameters.has("version") ? 4 : 3;
}

/** The weight of a range (RFC 9110 section 12.4.2); undefined where it is none, and the range then counts for nothing. */
function weightOf({ parameters }: MediaRange): number | undefined {
  const q = parameters.get("q");
  if (q === undefined) return 1;
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : undefined;
}

function isTaxii({ type, parameters }: MediaRange): boolean {
  return type === "application/taxii+json" && (parameters.get("version") ?? "2.1") === "2.1";
}

function mediaRanges(header: string): MediaRange[] {
  return parted(header, ",")
    .filter((range) => range.trim() !== "")
    .map((range) => {
      const [type = "", ...rest] = parted(range, ";");
      const parameters = rest.map((parameter): [string, string] => {
        const at = parameter.indexOf("=");
        const name = at < 0 ? parameter : parameter.slice(0, at);
        const value = at < 0 ? "" : parameter.slice(at + 1).trim();
        return [name.trim().toLowerCase(), value.replace(/^"(.*)"$/, "$1")];
      });
      return { type: type.trim().toLowerCase(), parameters: new Map(parameters) };
    });
}

/** Split at a separator that stands in no quoted string. */
function parted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (quoted && text[at] === "\\") at++;
    else if (text[at] === '"') quoted = !quoted;
    else if (!quoted && text[at] === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}
