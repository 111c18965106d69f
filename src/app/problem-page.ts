/**
 * docs/problems.md as the page to which every refusal's `type` points: a heading with an id for each code, paragraphs,
 * code in backticks. It reads our own file only and takes no more of Markdown than that file uses.
 */
export function problemPage(markdown: string): string {
  const parts = markdown
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== "");
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Lianfang 聯防: problems</title>
<style>body{font:16px/1.6 system-ui,"Noto Sans TC",sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
h2{font:600 1rem ui-monospace,monospace;margin-top:2rem}:target{outline:2px solid;outline-offset:.4rem}</style></head>
<body><main>
${parts.map(blockOf).join("\n")}
</main></body>
</html>
`;
}

function blockOf(block: string): string {
  const [first = "", ...rest] = block.split("\n");
  const heading = /^(#{1,2}) (.+)$/.exec(first);
  if (heading === null) return `<p>${inline(block)}</p>`;
  const [, marks = "#", text = ""] = heading;
  const title =
    marks.length === 1 ? `<h1>${inline(text)}</h1>` : `<h2 id="${escaped(text)}">${inline(text)}</h2>`;
  return rest.length === 0 ? title : `${title}\n${blockOf(rest.join("\n"))}`;
}

function inline(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
