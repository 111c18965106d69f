import type { Instant } from "../../../core/instant.ts";
import { refusal } from "../reasons/model.ts";
import type { StixObject } from "../stix/object.ts";
import { importCsaf } from "./csaf.ts";
import { decoded } from "./decode.ts";
import { type Bounds, type Found, judged, refusedAt } from "./found.ts";
import { type Imported, type ImportOptions, sourceIdentity } from "./imported.ts";
import { jsonDocument } from "./json-parts.ts";
import { importKev, importKevCsv } from "./kev.ts";
import { importMispCluster } from "./misp-cluster.ts";
import { importMispEvent } from "./misp-event.ts";
import { importMispTaxonomy } from "./misp-taxonomy.ts";
import type { ImportFormat, ReadOptions } from "./model.ts";
import { textOfPdf } from "./pdf-text.ts";
import { importReportText } from "./report-text.ts";
import { readStix } from "./stix-bundle.ts";
import { importSyndication } from "./syndication.ts";
import { importTable } from "./table.ts";

/** Everything that decides what a file becomes; the same request makes the same objects whenever it is read. */
export interface ReadRequest extends Bounds {
  readonly format: ImportFormat;
  readonly options: ReadOptions;
  /** The publisher, as the identity that creates what is made out of the file. */
  readonly source: { readonly identity: string; readonly name: string; readonly created: Instant };
  readonly fileName: string;
  readonly now: Instant;
  /** Of what is made and bears none; documents of STIX are never changed. */
  readonly confidence?: number | undefined;
}

/** Formats that are read whole; STIX is read object by object. */
const LARGEST_WHOLE = 64 * 2 ** 20;

/** What a file holds, object by object, each judged, with every refusal and its place. */
export async function* readImport(bytes: Buffer, request: ReadRequest): AsyncGenerator<Found> {
  const { format } = request;
  if (format === "stix-2.1" || format === "stix-2.0") {
    yield* readStix(bytes, format === "stix-2.0" ? "2.0" : "2.1", request);
    return;
  }
  if (bytes.length > LARGEST_WHOLE) {
    yield refusedAt(refusal("file", "file size", "file-large", { bytes: LARGEST_WHOLE }));
    return;
  }
  const { objects, refused, authors = [] } = await convert(bytes, request);
  for (const each of refused) yield refusedAt(each);
  if (objects.length === 0) return;
  const { identity, name, created } = request.source;
  const used = objects.some((object) => object["created_by_ref"] === identity);
  if (used)
    yield judged(
      sourceIdentity(identity, name, created),
      undefined,
      "source",
      { ...request, tlp: "clear" },
      true,
    );
  for (const { identity: author, tlp, path } of authors)
    yield judged(author, undefined, path, { ...request, tlp }, true);
  const makers = new Set([identity, ...authors.map((author) => author.identity.id)]);
  for (const [at, object] of objects.entries())
    yield judged(confident(object, makers, request), undefined, `object ${at + 1}`, request, true);
}

/** What the source and its authors say, with the confidence that was chosen where it bears none. */
function confident(object: StixObject, makers: ReadonlySet<string>, { confidence }: ReadRequest): StixObject {
  const own = makers.has(String(object["created_by_ref"])) && object["confidence"] === undefined;
  return confidence === undefined || !own ? object : { ...object, confidence };
}

async function convert(bytes: Buffer, request: ReadRequest): Promise<Imported> {
  const { format, source, tlp, now, fileName } = request;
  const options: ImportOptions = { createdBy: source.identity, tlp, now };
  if (format === "pdf") {
    const { text, title, place, refused } = await textOfPdf(bytes);
    const found = importReportText(text, { ...options, title: title || fileName, place });
    return { objects: found.objects, refused: [...refused, ...found.refused] };
  }
  const json = (read: (value: unknown, given: ImportOptions) => Imported): Imported => {
    const document = jsonDocument(bytes);
    return "message" in document ? { objects: [], refused: [document] } : read(document.value, options);
  };
  if (format === "misp-event") return json(importMispEvent);
  if (format === "misp-taxonomy") return json(importMispTaxonomy);
  if (format === "misp-galaxy") return json(importMispCluster);
  if (format === "csaf") return json(importCsaf);
  if (format === "misp-feed")
    return { objects: [], refused: [refusal("file", "misp manifest", "misp-manifest")] };
  const { text, refused } = decoded(bytes);
  const found = ofText(text, request, options, () => json(importKev));
  return { objects: found.objects, refused: [...refused, ...found.refused] };
}

function ofText(
  text: string,
  { format, options: given, fileName }: ReadRequest,
  options: ImportOptions,
  kevJson: () => Imported,
): Imported {
  if (format === "kev") return text.trimStart().startsWith("{") ? kevJson() : importKevCsv(text, options);
  if (format === "rss") return importSyndication(text, options);
  if (format === "csv") return importTable(text, options, given.csv);
  return importReportText(text, { ...options, html: format === "html", title: fileName });
}
