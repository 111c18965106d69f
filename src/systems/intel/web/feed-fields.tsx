import { z } from "zod";
import { ChoiceField, type Form, NumberField, SecretField, TextField, useTexts } from "../../../web/kit.ts";
import { FEED_LOGINS, type Feed, type FeedLogin, NewFeed } from "../feeds/model.ts";
import { IMPORT_FORMATS } from "../imports/model.ts";
import { FormatField, SourceFields } from "./source-fields.tsx";

/** A feed as it is typed; the columns of a table are told by its content. */
export const FeedValues = NewFeed.pick({
  name: true,
  url: true,
  reliability: true,
  format: true,
  tlp: true,
  everyMinutes: true,
})
  .required()
  .extend({
    /** `keep`: what is there already stays. */
    loginKind: z.enum(["keep", "none", ...FEED_LOGINS]),
    loginName: z.string(),
    secret: z.string(),
  });
export type FeedValues = ReturnType<typeof FeedValues.parse>;
export const NO_LOGIN = { loginKind: "none", loginName: "", secret: "" } as const;

/** The typed login as the API takes it; undefined leaves it as it is. */
export function loginOf({ loginKind, loginName, secret }: FeedValues): FeedLogin | null | undefined {
  if (loginKind === "keep") return undefined;
  if (loginKind === "header") return { kind: loginKind, name: loginName, value: secret };
  if (loginKind === "basic") return { kind: loginKind, user: loginName, password: secret };
  return loginKind === "bearer" ? { kind: loginKind, token: secret } : null;
}

export function FeedFields({
  form,
  named = false,
  held = null,
}: {
  readonly form: Form<FeedValues>;
  readonly named?: boolean;
  /** The kind of the login that is there already. */
  readonly held?: Feed["login"];
}) {
  const t = useTexts("intel");
  const kind = form.value("loginKind");
  const kinds = [...(held === null ? [] : ["keep" as const]), "none" as const, ...FEED_LOGINS];
  return (
    <>
      {!named && <TextField form={form} name="name" label={t("feed.name")} required />}
      <TextField form={form} name="url" label={t("feed.url")} why={t("feed.url.why")} mono required />
      <ChoiceField
        form={form}
        name="loginKind"
        label={t("feed.login")}
        required
        options={kinds.map((value) => ({
          value,
          label:
            value === "keep"
              ? t("feed.login.keep", { kind: t(`feed.login.${held}`) })
              : t(`feed.login.${value}`),
        }))}
      />
      {(kind === "header" || kind === "basic") && (
        <TextField form={form} name="loginName" label={t(`feed.login.${kind}.name`)} mono required />
      )}
      {(kind === "header" || kind === "basic" || kind === "bearer") && (
        <SecretField
          form={form}
          name="secret"
          label={t(`feed.login.${kind}.secret`)}
          why={t("feed.login.why")}
          autoComplete="new-password"
          required
        />
      )}
      <NumberField
        form={form}
        name="everyMinutes"
        label={t("feed.every")}
        min={5}
        max={10_080}
        unit={t("feed.minutes")}
        required
      />
      <SourceFields form={form} />
      <FormatField form={form} formats={IMPORT_FORMATS} />
    </>
  );
}
