import { type Refusal, refusal } from "../reasons/model.ts";

const MOST_PAGES = 500;
const MOST_TEXT = 20 * 2 ** 20;

/** The text of a PDF, a line a line and its pages' first lines; no script, font or picture of it is used. */
export async function textOfPdf(
  bytes: Buffer,
): Promise<{ text: string; title: string; place: (line: number) => string; refused: Refusal[] }> {
  const { getDocumentProxy, getMeta } = await import("unpdf");
  const refused: Refusal[] = [];
  let pdf: Awaited<ReturnType<typeof getDocumentProxy>>;
  try {
    pdf = await getDocumentProxy(new Uint8Array(bytes), {
      stopAtErrors: false,
      disableFontFace: true,
      useSystemFonts: false,
      maxImageSize: 0,
      verbosity: 0,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    const fault = /password/i.test(why)
      ? refusal("file", "pdf password", "pdf-locked")
      : refusal("file", "pdf form", "pdf-broken", { fault: why.slice(0, 200) });
    return { text: "", title: "", place: () => "file", refused: [fault] };
  }
  const starts: number[] = [];
  const lines: string[] = [];
  let size = 0;
  if (pdf.numPages > MOST_PAGES)
    refused.push(refusal(`page ${MOST_PAGES + 1}`, "pdf size", "pdf-pages", { most: MOST_PAGES }));
  for (let number = 1; number <= Math.min(pdf.numPages, MOST_PAGES); number++) {
    starts.push(lines.length + 1);
    try {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      let line = "";
      for (const item of items) {
        if (!("str" in item)) continue;
        line += item.str;
        if (item.hasEOL) {
          lines.push(line);
          line = "";
        }
      }
      lines.push(line);
      page.cleanup();
    } catch (error) {
      const fault = error instanceof Error ? error.message.slice(0, 200) : "";
      refused.push(refusal(`page ${number}`, "pdf page", "pdf-page", { fault }));
    }
    size = lines.reduce((sum, each) => sum + each.length, 0);
    if (size > MOST_TEXT) {
      refused.push(refusal(`page ${number}`, "pdf size", "pdf-text", { most: MOST_TEXT }));
      break;
    }
  }
  const meta = await getMeta(pdf).catch(() => undefined);
  const named: unknown = meta?.info?.["Title"];
  await pdf.loadingTask.destroy();
  return {
    text: lines.join("\n"),
    title: typeof named === "string" ? named.trim() : "",
    place: (line) => {
      const page = starts.findLastIndex((start) => start <= line);
      return `page ${page + 1}, line ${line - (starts[page] ?? 1) + 1}`;
    },
    refused,
  };
}
