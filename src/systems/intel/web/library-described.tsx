import { Section, useTexts } from "../../../web/kit.ts";
import { type Inline, readDescription } from "./described.ts";

/** One of an object's references to elsewhere (STIX 2.1 section 2.5). */
export interface Reference {
  readonly source: string;
  readonly id: string | undefined;
  readonly url: string | undefined;
  readonly description: string | undefined;
}

/** The references of a document, in their order; a link only where it is one of http or https. */
export function referencesOf(value: unknown): Reference[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown) => {
    if (typeof each !== "object" || each === null) return [];
    const { source_name: source, external_id: id, url, description } = each as Record<string, unknown>;
    const text = (given: unknown) => (typeof given === "string" ? given : undefined);
    const link = text(url);
    return [
      {
        source: (text(source) ?? "").trim(),
        id: text(id),
        url: link !== undefined && /^https?:/i.test(link) && URL.canParse(link) ? link : undefined,
        description: text(description),
      },
    ];
  });
}

function Part({ of, references }: { readonly of: Inline; readonly references: readonly Reference[] }) {
  if (of.kind === "text") return of.text;
  if (of.kind === "code") return <code>{of.text}</code>;
  if (of.kind === "strong") return <strong>{of.text}</strong>;
  if (of.kind === "link")
    return (
      <a href={of.href} target="_blank" rel="noreferrer">
        {of.text}
      </a>
    );
  const at = references.findIndex(({ source }) => source === of.name);
  const number = at < 0 ? "?" : String(at + 1);
  return (
    <sup>
      {at < 0 ? (
        <span title={of.name}>[{number}]</span>
      ) : (
        <a href={`#reference-${number}`} title={of.name}>
          [{number}]
        </a>
      )}
    </sup>
  );
}

/** A description with its links and citations; nothing in it becomes markup of the page. */
export function Described({
  text,
  references,
}: {
  readonly text: string;
  readonly references: readonly Reference[];
}) {
  const parts = (inlines: readonly Inline[]) =>
    inlines.map((part, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts never move.
      <Part key={at} of={part} references={references} />
    ));
  return (
    <div className="library-text">
      {readDescription(text).map((block, at) => {
        const key = `${at} ${block.kind}`;
        if (block.kind === "code") return <pre key={key}>{block.text}</pre>;
        if (block.kind === "heading")
          return (
            <p key={key}>
              <strong>{parts(block.parts)}</strong>
            </p>
          );
        if (block.kind === "paragraph") return <p key={key}>{parts(block.parts)}</p>;
        return (
          <ul key={key}>
            {block.items.map((item, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the items never move.
              <li key={index}>{parts(item)}</li>
            ))}
          </ul>
        );
      })}
    </div>
  );
}

/** What the object refers to elsewhere, numbered as citations say. */
export function References({ of }: { readonly of: readonly Reference[] }) {
  const t = useTexts("library");
  if (of.length === 0) return null;
  return (
    <Section title={t("references")}>
      <ol className="library-references">
        {of.map(({ source, id, url, description }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: their places are their numbers.
          <li key={at} id={`reference-${at + 1}`} className="wrap">
            {url === undefined ? (
              source
            ) : (
              <a href={url} target="_blank" rel="noreferrer">
                {source}
              </a>
            )}
            {id !== undefined && <span className="mono"> {id}</span>}
            {description !== undefined && <span className="muted"> {description}</span>}
          </li>
        ))}
      </ol>
    </Section>
  );
}
