import type { Fault } from "../../../core/problem.ts";

const MOST_PAGES = 500;
const MOST_TEXT = 20 * 2 ** 20;

/** The text of a PDF, a line a line and its pages' first lines; no script, font or picture of it is used. */
export async function textOfPdf(
  bytes: Buffer,
): Promise<{ text: string; title: string; place: (line: number) => string; refused: Fault[] }> {
  const { getDocumentProxy, getMeta } = await import("unpdf");
  const refused: Fault[] = [];
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
    const message = /password/i.test(why)
      ? "the PDF is locked with a password"
      : `not a PDF that can be read: ${why.slice(0, 200)}`;
    return { text: "", title: "", place: () => "file", refused: [{ path: "file", message }] };
  }
  const starts: number[] = [];
  const lines: string[] = [];
  let size = 0;
  if (pdf.numPages > MOST_PAGES)
    refused.push({ path: `page ${MOST_PAGES + 1}`, message: `only ${MOST_PAGES} pages are read` });
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
      refused.push({
        path: `page ${number}`,
        message: `cannot be read: ${error instanceof Error ? error.message.slice(0, 200) : ""}`,
      });
    }
    size = lines.reduce((sum, each) => sum + each.length, 0);
    if (size > MOST_TEXT) {
      refused.push({ path: `page ${number}`, message: `only ${MOST_TEXT} characters are read` });
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
