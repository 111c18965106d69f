import { Empty, Section, Shown, Time, useAll, useTexts } from "../../../web/kit.ts";
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
            <div className="table-auto">
              <table className="table">
                <thead>
                  <tr>
                    <th scope="col">{t("deliveries.org")}</th>
                    <th scope="col">{t("deliveries.what")}</th>
                    <th scope="col">{t("deliveries.first")}</th>
                    <th scope="col">{t("deliveries.via")}</th>
                  </tr>
                </thead>
                <tbody>
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
                </tbody>
              </table>
            </div>
          )
        }
      </Shown>
    </Section>
  );
}
