import { z } from "zod";
import type { Json } from "../stix/json.ts";
import type { StixObject } from "../stix/object.ts";
import { CVE, referenceUrl } from "./imported.ts";
import { Flag, isSet } from "./misp-tags.ts";

const Related = z.object({
  object_relation: z.string().nullish(),
  type: z.string(),
  value: z.string(),
  deleted: Flag,
});

/** What the attributes of an object say together of the one vulnerability or of the files among them. */
export interface MispDetails {
  /** Words on the vulnerability: its summary and what CVSS makes of it, `CVSS 3.1 9.8 CVSS:3.1/AV:N/…`. */
  readonly description: readonly string[];
  readonly references: readonly Json[];
  /** In bytes, and the place of the attribute that says it. */
  readonly size?: number;
  readonly sizeAt?: number;
  /** Places of attributes that are said by these. */
  readonly used: ReadonlySet<number>;
}

/**
 * Reads what stands in an object beside its values: of an object with one CVE number (MISP's template `vulnerability`)
 * summary, references and CVSS; the size of its file. What is no number of CVSS, or no size, is left to be refused.
 */
export function detailsOf(attributes: readonly unknown[]): MispDetails {
  const related = attributes.map((each) => {
    const { data } = Related.safeParse(each);
    return data === undefined || isSet(data.deleted) ? undefined : data;
  });
  const named = related.filter((each) => each?.type === "vulnerability");
  const lone = named.length === 1 && CVE.test((named[0]?.value ?? "").trim().toUpperCase());
  const used = new Set<number>();
  const words: string[] = [];
  const references: Json[] = [];
  const ratings: { score?: string; vector?: string } = {};
  let size: { size: number; sizeAt: number } | undefined;
  related.forEach((each, at) => {
    if (each === undefined) return;
    const { type, value } = each;
    const name = (each.object_relation ?? "").toLowerCase();
    const take = () => used.add(at);
    if (type === "size-in-bytes" && size === undefined && /^\d{1,15}$/.test(value.trim())) {
      size = { size: Number(value), sizeAt: at };
      take();
    }
    if (!lone) return;
    if (type === "text" && /^(?:summary|description|text)$/.test(name) && value.trim() !== "") {
      words.push(value.trim());
      take();
    }
    if (/^cvss[-_]score$/.test(name) && ratings.score === undefined && isScore(value)) {
      ratings.score = value.trim();
      take();
    }
    if (
      /^cvss[-_](?:string|vector)$/.test(name) &&
      ratings.vector === undefined &&
      VECTOR.test(value.trim())
    ) {
      ratings.vector = value.trim();
      take();
    }
    const url = type === "link" ? referenceUrl(value) : undefined;
    if (url !== undefined) {
      references.push({ source_name: "misp link", url });
      take();
    }
  });
  const rating = [versionOf(ratings.vector), ratings.score, ratings.vector].filter(
    (word) => word !== undefined,
  );
  if (rating.length > 0) words.push(`CVSS ${rating.join(" ")}`);
  return { description: words, references, used, ...size };
}

/** Versions 3 and 4 name themselves; of 2 only its metrics stand there. */
const VECTOR = /^(?:CVSS:\d\.\d\/)?[A-Za-z]{1,3}:[A-Za-z]{1,3}(?:\/[A-Za-z]{1,3}:[A-Za-z]{1,3}){2,40}$/;

function versionOf(vector: string | undefined): string | undefined {
  if (vector === undefined) return undefined;
  return /^CVSS:(\d\.\d)\//.exec(vector)?.[1] ?? "2.0";
}

function isScore(value: string): boolean {
  return /^\d{1,2}(?:\.\d{1,2})?$/.test(value.trim()) && Number(value) <= 10;
}

/** The files among objects with their size: those known by a hash, or else by their name. */
export function sized(objects: readonly StixObject[], size: number): StixObject[] | undefined {
  const files = objects.filter(({ type }) => type === "file");
  const hashed = files.filter((file) => file["hashes"] !== undefined);
  const meant = new Set(hashed.length > 0 ? hashed : files);
  return meant.size === 0 ? undefined : objects.map((each) => (meant.has(each) ? { ...each, size } : each));
}
