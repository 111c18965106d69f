import { Select } from "antd";
import { useState } from "react";
import { CopyButton, Section, useTexts } from "../../../web/kit.ts";
import type { LogDetail } from "../model.ts";
import "./log.css";

/** What devices write that do not write UTF-8, by the labels of the Encoding Standard. */
const ENCODINGS = ["utf-8", "big5", "gb18030", "utf-16le", "utf-16be", "windows-1252"] as const;
type Encoding = (typeof ENCODINGS)[number];

function textIn(encoding: Encoding, base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new TextDecoder(encoding).decode(bytes);
}

/** The line as it came; where it is no UTF-8, in the encoding that its reader chooses, and its bytes. */
export function LogOriginal({ record }: { readonly record: LogDetail }) {
  const t = useTexts("detection");
  const [encoding, setEncoding] = useState<Encoding>("utf-8");
  const bytes = record.originalBase64;
  return (
    <Section title={t("log.original")}>
      {bytes !== undefined && (
        <>
          <p>{t("log.not-utf8")}</p>
          <p>
            <Select<Encoding>
              aria-label={t("log.encoding")}
              value={encoding}
              onChange={setEncoding}
              popupMatchSelectWidth={false}
              options={ENCODINGS.map((value) => ({ value, label: t(`log.encoding.${value}`) }))}
            />
          </p>
        </>
      )}
      <code className="mono small log-original">
        {bytes === undefined ? record.original : textIn(encoding, bytes)}
      </code>
      {bytes !== undefined && (
        <p className="small">
          {t("log.base64")} <CopyButton text={bytes} label={t("log.copy-bytes")} />
        </p>
      )}
    </Section>
  );
}
