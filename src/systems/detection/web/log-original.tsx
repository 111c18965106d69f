import { Select } from "antd";
import { useState } from "react";
import { CopyButton, Section, useTexts } from "../../../web/kit.ts";
import type { LogDetail } from "../model.ts";
import "./log.css";

/** What devices write that do not write UTF-8, by the labels of the Encoding Standard; first as the node read the line. */
const ENCODINGS = ["read", "big5", "gb18030", "utf-16le", "utf-16be", "windows-1252"] as const;
type Encoding = (typeof ENCODINGS)[number];

function textIn(encoding: string, base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new TextDecoder(encoding).decode(bytes);
}

interface Original {
  readonly text: string;
  /** In base64, where the text is not they. */
  readonly bytes: string | undefined;
}

/** The line as it was read; where its bytes are no UTF-8, also in the encoding that its reader chooses, and they themselves. */
export function OriginalText({ text, bytes }: Original) {
  const t = useTexts("detection");
  const [encoding, setEncoding] = useState<Encoding>("read");
  return (
    <>
      <code className="mono small log-original">
        {bytes === undefined || encoding === "read" ? text : textIn(encoding, bytes)}
      </code>
      {bytes !== undefined && (
        <div className="row wrap small">
          <Select<Encoding>
            aria-label={t("log.encoding")}
            size="small"
            value={encoding}
            onChange={setEncoding}
            popupMatchSelectWidth={false}
            options={ENCODINGS.map((value) => ({ value, label: t(`log.encoding.${value}`) }))}
          />
          <span>
            {t("log.base64")} <CopyButton text={bytes} label={t("log.copy-bytes")} />
          </span>
        </div>
      )}
    </>
  );
}

export function LogOriginal({ record }: { readonly record: LogDetail }) {
  const t = useTexts("detection");
  const { original, originalBase64 } = record;
  return (
    <Section title={t("log.original")}>
      {originalBase64 !== undefined && <p>{t("log.not-utf8")}</p>}
      <OriginalText text={original} bytes={originalBase64} />
    </Section>
  );
}
