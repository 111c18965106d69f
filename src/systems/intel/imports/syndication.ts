import { SaxesParser } from "saxes";
import { type Reason, type ReasonFacts, type Refusal, refusal } from "../reasons/model.ts";
import type { StixObject } from "../stix/object.ts";
import {
  type Imported,
  type ImportOptions,
  importedId,
  once,
  referenceUrl,
  reportObject,
} from "./imported.ts";
import { importReportText } from "./report-text.ts";

interface Entry {
  title: string;
  link: string;
  id: string;
  date: string;
  body: string;
  readonly line: number;
}

const MOST_ENTRIES = 2000;
const DEEPEST = 100;

/** Which members of an entry say what, in RSS 1.0 and 2.0 and in Atom. */
const MEMBERS: Readonly<Record<string, keyof Entry>> = {
  title: "title",
  link: "link",
  guid: "id",
  id: "id",
  pubDate: "date",
  "dc:date": "date",
  published: "date",
  updated: "date",
  description: "body",
  "content:encoded": "body",
  content: "body",
  summary: "body",
};

/** RSS or Atom: a report for each entry, over the indicators in its text. No entity but XML's own five is taken. */
export function importSyndication(text: string, options: ImportOptions): Imported {
  const { entries, refused } = readEntries(text);
  const objects: StixObject[] = [];
  for (const entry of entries) {
    const path = `line ${entry.line}`;
    const at = instantOf(entry.date) ?? options.now;
    const name = entry.title.trim() || entry.link.trim();
    if (name === "") {
      refused.push(refusal(path, "rss entry", "feed-entry"));
      continue;
    }
    const found = importReportText(`${entry.title}\n${entry.body}`, {
      ...options,
      now: at,
      html: true,
      place: () => path,
    });
    const techniques = importReportText(`${entry.title}\n${entry.body}`, {
      ...options,
      now: at,
      html: true,
      title: name,
    }).objects.find((object) => object.type === "report")?.["external_references"];
    refused.push(...found.refused);
    const link = entry.link.trim();
    const url = referenceUrl(link);
    objects.push(
      ...found.objects,
      reportObject(
        {
          id: importedId("report", options.createdBy, entry.id.trim() || link || name),
          at,
          tlp: options.tlp,
          name: name.slice(0, 500),
          refs: found.objects.map((object) => object.id),
          references: [
            ...(url === undefined ? [] : [{ source_name: "feed", url }]),
            ...(Array.isArray(techniques) ? techniques : []),
          ],
        },
        options,
      ),
    );
  }
  return { objects: once(objects), refused };
}

function readEntries(text: string): { entries: Entry[]; refused: Refusal[] } {
  const entries: Entry[] = [];
  const refused: Refusal[] = [];
  const parser = new SaxesParser();
  let entry: Entry | undefined;
  let member: keyof Entry | undefined;
  let depth = 0;
  let broken = false;
  const stop = (why: Reason, facts: ReasonFacts = {}) => {
    broken = true;
    refused.push(refusal(`line ${parser.line}`, "rss xml", why, facts));
  };
  parser.on("error", (error) => {
    if (!broken) stop("xml", { fault: error.message.replace(/^(?:undefined:)?\d+:\d+: /, "").slice(0, 200) });
  });
  parser.on("opentag", ({ name, attributes }) => {
    depth++;
    if (depth > DEEPEST && !broken) stop("xml-deep", { levels: DEEPEST });
    if (broken) return;
    if (name === "item" || name === "entry") {
      if (entries.length >= MOST_ENTRIES) return stop("feed-most", { most: MOST_ENTRIES });
      entry = { title: "", link: "", id: "", date: "", body: "", line: parser.line };
    } else if (entry !== undefined && Object.hasOwn(MEMBERS, name)) {
      member = MEMBERS[name];
      const { href, rel } = attributes;
      if (name === "link" && typeof href === "string" && (rel === undefined || rel === "alternate"))
        entry.link = href;
      if (member === "date" && entry.date !== "") member = undefined;
    } else if (entry !== undefined && member === "body") add(" ");
  });
  const add = (words: string) => {
    if (broken || entry === undefined || member === undefined || member === "line") return;
    entry[member] += words;
  };
  parser.on("text", add);
  parser.on("cdata", add);
  parser.on("closetag", ({ name }) => {
    depth--;
    if (name === "item" || name === "entry") {
      if (entry !== undefined && !broken) entries.push(entry);
      entry = undefined;
    } else if (member !== undefined && MEMBERS[name] === member) {
      add("\n");
      member = undefined;
    }
  });
  try {
    parser.write(text).close();
  } catch (error) {
    if (!broken) stop("xml", { fault: error instanceof Error ? error.message.slice(0, 200) : "" });
  }
  if (entries.length === 0 && refused.length === 0) refused.push(refusal("file", "rss entry", "feed-none"));
  return { entries, refused };
}

function instantOf(text: string): string | undefined {
  const time = new Date(text.trim());
  return text.trim() === "" || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
