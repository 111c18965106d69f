import type { EcsDraft } from "../parser.ts";
import { isIp } from "../text/address.ts";
import { draftOf, kindFields, put } from "../text/fields.ts";
import { levelFields, setLevel } from "../text/network.ts";
import { quotedAt } from "../text/pairs.ts";
import { table } from "../text/table.ts";

/** Before what a rule says, in the log of errors and in version 3's audit log. */
export const MARK = "ModSecurity:";
const TAGS = table<string>({
  id: "rule.id",
  msg: "rule.name",
  rev: "rule.version",
  ver: "rule.ruleset",
  file: "modsecurity.file",
  line: "modsecurity.line",
  data: "modsecurity.data",
  maturity: "modsecurity.maturity",
  accuracy: "modsecurity.accuracy",
  hostname: "destination.address",
  uri: "url.original",
  unique_id: "event.id",
  client: "source.ip",
  host: "url.domain",
});

export function base(): EcsDraft {
  const draft = draftOf("modsecurity", "modsecurity.audit", "Trustwave", "ModSecurity", "waf");
  draft["event.kind"] = "alert";
  return draft;
}

export function verdict(draft: EcsDraft, denied: boolean, action: string): void {
  kindFields(
    draft,
    action,
    ["intrusion_detection", "web", "network"],
    ["access", denied ? "denied" : "allowed"],
    denied ? "failure" : "success",
  );
}

/** `[id "950119"] [msg "..."] [tag "..."]` to the end of the line. */
export function tagFields(draft: EcsDraft, text: string): void {
  const tags: string[] = [];
  let at = text.indexOf(" [");
  while (at >= 0) {
    const space = text.indexOf(" ", at + 2);
    if (space < 0) break;
    if (text[space + 1] === '"' && space - at < 30) {
      const name = text.slice(at + 2, space);
      const read = quotedAt(text, space + 1);
      if (read.value === "") {
        // Version 3 writes every tag, with nothing in it where there is nothing to say.
      } else if (name === "tag") tags.push(read.value);
      else if (name === "severity") severity(draft, read.value);
      else if (!put(draft, TAGS[name] ?? `modsecurity.${name}`, read.value))
        draft[`modsecurity.${name}`] ??= read.value;
      at = text.indexOf(" [", read.end);
    } else {
      at = text.indexOf(" [", at + 2);
    }
  }
  if (tags.length > 0) draft["rule.category"] = tags[0] ?? "";
  if (tags.length > 0) draft["modsecurity.tags"] = tags;
  const host = draft["destination.address"];
  if (typeof host === "string") put(draft, isIp(host) ? "destination.ip" : "url.domain", host);
}

export function severity(draft: EcsDraft, text: string): void {
  if (/^[0-7]$/.test(text)) setLevel(draft, Number(text));
  else levelFields(draft, text);
}
