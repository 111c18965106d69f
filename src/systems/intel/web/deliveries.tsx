import { Empty, Section, Shown, SmallTable, Time, useAll, useTexts } from "../../../web/kit.ts";
import type { Delivery } from "../model.ts";
import { ITEMS } from "./parts.tsx";

/** Who fetched the item, and when first (mission I8). */
export function Deliveries({ id }: { readonly id: string }) {
  const t = useTexts("intel");
  const got = useAll<Delivery>(`${ITEMS}/${id}/deliveries`);
  return (
    <Section
      title={t("deliveries")}
      side={<span className="muted">{got.data?.total.toLocaleString("en")}</span>}
    >
      <Shown of={got}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t("deliveries.none")} />
          ) : (
            <SmallTable
              heads={[t("deliveries.org"), t("deliveries.what"), t("deliveries.first"), t("deliveries.via")]}
            >
              {items.map((each) => (
                <tr key={`${each.revision} ${each.orgId}`}>
                  <td>{each.orgName ?? each.orgId}</td>
                  <td>{t(each.revision === 1 ? "deliveries.release" : "deliveries.withdrawal")}</td>
                  <td>
                    <Time at={each.firstFetchedAt} seconds />
                  </td>
                  <td>{each.via}</td>
                </tr>
              ))}
            </SmallTable>
          )
        }
      </Shown>
    </Section>
  );
}
