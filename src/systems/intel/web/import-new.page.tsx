import { Button } from "antd";
import { useRef, useState } from "react";
import { z } from "zod";
import { OrgId } from "../../../core/org.ts";
import { Tlp } from "../../../core/tlp.ts";
import {
  api,
  ChoiceField,
  Field,
  type Form,
  FormPage,
  NumberField,
  TextField,
  useForm,
  useGo,
  useLanguage,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import { IMPORT_FORMATS, ImportFormat, Reliability } from "../imports/model.ts";
import { IMPORTS } from "./import-parts.tsx";
import { FormatField, SourceFields } from "./source-fields.tsx";

const Values = z
  .object({
    fileName: z.string(),
    text: z.string(),
    source: z.string().trim().min(1).max(200),
    reliability: Reliability,
    tlp: Tlp,
    confidence: z.number().int().min(0).max(100).optional(),
    format: ImportFormat.optional(),
    orgId: OrgId,
  })
  .refine((values) => values.fileName !== "" || values.text.trim() !== "", {
    path: ["fileName"],
    params: { text: "intel:import.file.needed" },
  });
type Values = z.infer<typeof Values>;

/** A file or pasted text, who published it and how it is marked; then the preview. */
export default function NewImportPage() {
  const t = useTexts("intel");
  const go = useGo();
  const { org, orgs } = useSession();
  const [language] = useLanguage();
  const [file, setFile] = useState<File>();
  const form = useForm<Values>({
    name: "intel.import",
    schema: Values,
    initial: {
      fileName: "",
      text: "",
      source: "",
      reliability: "F",
      tlp: "amber",
      confidence: undefined,
      format: undefined,
      orgId: org.id,
    },
  });
  return (
    <FormPage
      form={form}
      title={t("nav.import")}
      lead={t("import.lead")}
      submit={t("import.read")}
      cancel={() => go("/intel/imports")}
      touches={[IMPORTS]}
      send={({ text, fileName: _, ...query }) =>
        api.upload<{ id: string }>(IMPORTS, file ?? new Blob([text]), {
          ...query,
          fileName: file?.name.slice(-255) ?? "paste.txt",
        })
      }
      done={({ id }) => go(`/intel/imports/${id}`)}
    >
      <FileField form={form} file={file} choose={setFile} />
      {file === undefined && (
        <TextField form={form} name="text" label={t("import.text")} why={t("import.text.why")} rows={5} />
      )}
      <TextField form={form} name="source" label={t("import.source")} why={t("import.source.why")} required />
      <SourceFields form={form} />
      <NumberField
        form={form}
        name="confidence"
        label={t("import.confidence")}
        why={t("import.confidence.why")}
        min={0}
        max={100}
      />
      <FormatField form={form} formats={IMPORT_FORMATS.filter((value) => value !== "misp-feed")} />
      {orgs.length > 1 && (
        <ChoiceField
          form={form}
          name="orgId"
          label={t("import.org")}
          required
          options={orgs.map(({ id, name, nameEn }) => ({
            value: id,
            label: language === "en" && nameEn ? nameEn : name,
          }))}
        />
      )}
    </FormPage>
  );
}

interface FileFieldProps {
  readonly form: Form<Values>;
  readonly file: File | undefined;
  readonly choose: (file: File | undefined) => void;
}

/** The name stands in the form, the file itself only in the page: a draft keeps no content of files. */
function FileField({ form, file, choose }: FileFieldProps) {
  const t = useTexts("intel");
  const input = useRef<HTMLInputElement>(null);
  return (
    <Field form={form} name="fileName" label={t("import.file")} why={t("import.file.why")}>
      {({ id, set, describedBy }) => (
        <div className="row wrap">
          <input
            ref={input}
            id={id}
            type="file"
            hidden
            aria-describedby={describedBy}
            onChange={(event) => {
              const [chosen] = event.target.files ?? [];
              choose(chosen);
              set(chosen?.name ?? "");
            }}
          />
          <Button onClick={() => input.current?.click()}>{t("import.file.choose")}</Button>
          <span className={file === undefined ? "muted" : "mono"}>{file?.name ?? t("import.file.none")}</span>
        </div>
      )}
    </Field>
  );
}
