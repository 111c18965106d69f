import type { z } from "zod";
import { OrgId } from "../../../core/org.ts";
import {
  api,
  ChoiceField,
  FormPage,
  toast,
  useForm,
  useGo,
  useLanguage,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import { bodyOf, ItemFields, ItemValues, NOTHING_TYPED } from "./item-form.tsx";
import { ITEMS } from "./parts.tsx";

/** Whose case it is decides which names and people are taken out. */
const NewItemValues = ItemValues.extend({ orgId: OrgId });
type NewItemValues = z.infer<typeof NewItemValues>;

export default function NewItemPage() {
  const t = useTexts("intel");
  const go = useGo();
  const { org, orgs } = useSession();
  const [language] = useLanguage();
  const form = useForm<NewItemValues>({
    name: "intel.new",
    schema: NewItemValues,
    initial: { ...NOTHING_TYPED, orgId: org.id },
  });
  return (
    <FormPage
      form={form}
      title={t("new")}
      submit={t("kit:save")}
      cancel={() => go("/intel")}
      send={(values) => api.post<{ id: string }>(ITEMS, bodyOf(values))}
      touches={[ITEMS]}
      done={({ id }) => {
        toast.done(t("saved"));
        go(`/intel/${id}`);
      }}
    >
      {orgs.length > 1 && (
        <ChoiceField
          form={form}
          name="orgId"
          label={t("org")}
          why={t("org.why")}
          required
          options={orgs.map(({ id, name, nameEn }) => ({
            value: id,
            label: language === "en" && nameEn ? nameEn : name,
          }))}
        />
      )}
      <ItemFields form={form} />
    </FormPage>
  );
}
