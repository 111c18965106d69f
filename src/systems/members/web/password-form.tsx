import { z } from "zod";
import { api, FormBody, SecretField, useForm, useTexts } from "../../../web/kit.ts";

const Passwords = z
  .object({ current: z.string().min(1), next: z.string().min(12).max(200), again: z.string().min(1) })
  .refine(({ next, again }) => next === again, {
    path: ["again"],
    params: { text: "members:password.differ" },
  });
type Passwords = z.infer<typeof Passwords>;

const SECRET = ["current", "next", "again"] as const;

/** Chooses a new password; nothing of it is kept on the device. */
export function PasswordForm({ once = false, done }: { readonly once?: boolean; readonly done: () => void }) {
  const t = useTexts("members");
  const form = useForm<Passwords>({
    name: "password",
    initial: { current: "", next: "", again: "" },
    schema: Passwords,
    secret: SECRET,
  });
  return (
    <FormBody
      form={form}
      submit={t("password.change")}
      send={({ current, next }) => api.post<void>("/api/v1/session/password", { current, next })}
      done={() => {
        form.reset();
        done();
      }}
    >
      <SecretField
        form={form}
        name="current"
        label={t(once ? "password.current.once" : "password.current")}
        required
      />
      <SecretField
        form={form}
        name="next"
        label={t("password.next")}
        why={t("password.next.why")}
        required
        autoComplete="new-password"
      />
      <SecretField
        form={form}
        name="again"
        label={t("password.again")}
        required
        autoComplete="new-password"
      />
    </FormBody>
  );
}
