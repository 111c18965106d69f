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

/** The line as it was read; where its bytes are no UTF-8, also in the encoding that its reader chooses, and they themselves. */
export function LogOriginal({ record }: { readonly record: LogDetail }) {
  const t = useTexts("detection");
  const [encoding, setEncoding] = useState<Encoding>("read");
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
        {bytes === undefined || encoding === "read" ? record.original : textIn(encoding, bytes)}
      </code>
      {bytes !== undefined && (
        <p className="small">
          {t("log.base64")} <CopyButton text={bytes} label={t("log.copy-bytes")} />
        </p>
      )}
    </Section>
  );
}
