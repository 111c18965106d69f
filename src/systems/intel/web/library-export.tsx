import { DownloadOutlined } from "@ant-design/icons";
import { Button, Modal, Radio } from "antd";
import { useState } from "react";
import { type Query, Shown, useGet, useTexts } from "../../../web/kit.ts";
import {
  DEVICE_FORMATS,
  DOMAIN_REACHES,
  type DomainReach,
  EXPORT_FORMATS,
  type ExportCounts,
  type ExportFormat,
} from "../exports/model.ts";
import { LIBRARY } from "./library-parts.tsx";

interface Wanted {
  readonly query: Query;
  readonly ids?: readonly string[];
}

/** Where a selection is fetched in a form. */
export function exportAddress(
  { query, ids = [] }: Wanted,
  format: ExportFormat,
  domains?: DomainReach,
): string {
  const given = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  const search = new URLSearchParams([
    ...given,
    ["format", format],
    ...(domains === undefined ? [] : [["domains", domains]]),
    ...(ids.length === 0 ? [] : [["ids", ids.join(",")]]),
  ]);
  return `${LIBRARY}/export?${search}`;
}

/** What is left out, and why; an empty file is explained before it is fetched. */
function Counts({ format, domains, query }: { format: ExportFormat; domains: DomainReach; query: Query }) {
  const t = useTexts("library");
  const got = useGet<ExportCounts>(`${LIBRARY}/export/counts`, { query: { ...query, format, domains } });
  return (
    <Shown of={got}>
      {(counts) => {
        const left = (["warned", "revoked", "expired", "other", "tlp", "score"] as const).filter(
          (why) => counts[why] > 0,
        );
        const said = {
          values: counts.values.toLocaleString("en"),
          objects: counts.objects.toLocaleString("en"),
        };
        return (
          <div role="status">
            <p>{t(isDevice(format) ? "export.values" : "export.objects", said)}</p>
            {left.length > 0 && (
              <>
                <p className="muted">{t("export.left")}</p>
                <ul>
                  {left.map((why) => (
                    <li key={why}>{t(`export.left.${why}`, { count: counts[why].toLocaleString("en") })}</li>
                  ))}
                </ul>
              </>
            )}
          </div>
        );
      }}
    </Shown>
  );
}

function isDevice(format: ExportFormat): boolean {
  return (DEVICE_FORMATS as readonly string[]).includes(format);
}

/** Whether the form can say that what is below a name is meant, too. */
function reaches(format: ExportFormat): boolean {
  return format === "rpz" || format === "suricata" || format === "sigma";
}

/** Exports what the list shows: the form, how far a domain reaches, and what will be in it. */
export function ExportButton({ query }: { query: Query }) {
  const t = useTexts("library");
  const [open, setOpen] = useState(false);
  const [format, setFormat] = useState<ExportFormat>("stix");
  const [domains, setDomains] = useState<DomainReach>("exact");
  return (
    <>
      <Button size="small" icon={<DownloadOutlined aria-hidden="true" />} onClick={() => setOpen(true)}>
        {t("export.as")}
      </Button>
      <Modal
        open={open}
        title={t("export.title")}
        footer={null}
        destroyOnHidden
        onCancel={() => setOpen(false)}
      >
        <div className="stack">
          <fieldset aria-label={t("export.form")}>
            <p className="field-label">{t("export.form")}</p>
            <Radio.Group
              className="choices"
              value={format}
              options={EXPORT_FORMATS.map((value) => ({ value, label: t(`export.${value}`) }))}
              onChange={(event) => setFormat(event.target.value as ExportFormat)}
            />
          </fieldset>
          {reaches(format) && (
            <fieldset aria-label={t("export.domains")}>
              <p className="field-label">{t("export.domains")}</p>
              <p className="muted">{t("export.domains.why")}</p>
              <Radio.Group
                className="choices"
                value={domains}
                options={DOMAIN_REACHES.map((value) => ({ value, label: t(`export.domains.${value}`) }))}
                onChange={(event) => setDomains(event.target.value as DomainReach)}
              />
            </fieldset>
          )}
          <Counts format={format} domains={domains} query={query} />
          <div className="row end">
            <Button onClick={() => setOpen(false)}>{t("export.close")}</Button>
            <Button type="primary" href={exportAddress({ query }, format, domains)} download>
              {t("export.fetch")}
            </Button>
          </div>
        </div>
      </Modal>
    </>
  );
}
