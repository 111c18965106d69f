import { useEffect } from "react";
import {
  api,
  FormPage,
  Shown,
  toast,
  useFilters,
  useForm,
  useGet,
  useGo,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { ItemDetail } from "../model.ts";
import { bodyOf, ItemFields, ItemValues, valuesOf } from "./item-form.tsx";
import { ITEMS } from "./parts.tsx";

function EditItemForm({ item }: { readonly item: ItemDetail }) {
  const t = useTexts("intel");
  const go = useGo();
  const [{ field }] = useFilters();
  // Whoever is sent here for one field lands on it.
  useEffect(() => {
    if (field !== "recipients") return;
    const box = document.querySelector<HTMLElement>('[data-field="recipients"]');
    box?.scrollIntoView({ block: "center" });
    box?.querySelector<HTMLElement>("input")?.focus({ preventScroll: true });
  }, [field]);
  const form = useForm<ItemValues>({
    name: `intel.edit.${item.id}`,
    schema: ItemValues,
    initial: valuesOf(item),
  });
  return (
    <FormPage
      form={form}
      title={t("edit.of", { title: item.title })}
      submit={t("kit:save")}
      cancel={() => go(`/intel/${item.id}`)}
      send={(values) =>
        api.patch<ItemDetail>(`${ITEMS}/${item.id}`, {
          ...bodyOf(values, item.indicators),
          version: item.version,
        })
      }
      touches={[ITEMS]}
      done={() => {
        toast.done(t("saved"));
        go(`/intel/${item.id}`);
      }}
    >
      <ItemFields form={form} />
    </FormPage>
  );
}

export default function EditItemPage() {
  const got = useGet<ItemDetail>(`${ITEMS}/${useParam("id")}`);
  return <Shown of={got}>{(item) => <EditItemForm item={item} />}</Shown>;
}
