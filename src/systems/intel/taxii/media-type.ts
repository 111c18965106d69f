/** TAXII 2.1 section 1.6.8. */
export const TAXII_TYPE = "application/taxii+json;version=2.1";
export const STIX_TYPE = "application/stix+json;version=2.1";

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Does the client take TAXII 2.1? Without a version it takes the newest; without the header it takes anything (RFC 9110). */
export function acceptsTaxii(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === "") return true;
  return mediaRanges(accept).some((range) => {
    if (Number(range.parameters.get("q") ?? "1") === 0) return false;
    return range.type === "*/*" || range.type === "application/*" || isTaxii(range);
  });
}

/** Is the body TAXII 2.1? */
export function isTaxiiContent(contentType: string | undefined): boolean {
  const [range] = mediaRanges(contentType ?? "");
  return range !== undefined && isTaxii(range);
}

function isTaxii({ type, parameters }: MediaRange): boolean {
  return type === "application/taxii+json" && (parameters.get("version") ?? "2.1") === "2.1";
}

function mediaRanges(header: string): MediaRange[] {
  return header.split(",").map((range) => {
    const [type = "", ...rest] = range.split(";");
    const parameters = rest.map((parameter): [string, string] => {
      const [name = "", value = ""] = parameter.split("=", 2);
      return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, "$1")];
    });
    return { type: type.trim().toLowerCase(), parameters: new Map(parameters) };
  });
}
