import { Button } from "antd";
import { Empty, Go, Shown, useGet, useGo, useMay, useTexts } from "../../../web/kit.ts";
import type { GalaxyRow } from "../taxonomies/model.ts";
import { tagPath } from "./tag-parts.tsx";

/** MISP's galaxies, as far as their clusters are in the library. */
export default function GalaxiesPage() {
  const t = useTexts("lists");
  const go = useGo();
  const mayWrite = useMay("intel:write");
  const got = useGet<{ items: GalaxyRow[] }>("/api/v1/intel/galaxies", {
    topics: ["intel.imported", "intel.import-undone"],
  });
  const bringIn = mayWrite ? (
    <Button onClick={() => go("/intel/import")}>{t("galaxy.import")}</Button>
  ) : undefined;
  return (
    <div className="page">
      <header className="title-row">
        <h1>{t("galaxy.nav")}</h1>
        {bringIn}
      </header>
      <p className="muted">{t("galaxy.lead")}</p>
      <Shown of={got}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t("galaxy.none")} advice={t("galaxy.none.advice")} />
          ) : (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{t("galaxy")}</th>
                  <th scope="col">{t("galaxy.clusters")}</th>
                </tr>
              </thead>
              <tbody>
                {items.map(({ type, count }) => (
                  <tr key={type}>
                    <td>
                      <Go to={tagPath(`misp-galaxy:${type}`)}>{type}</Go>
                    </td>
                    <td>{count.toLocaleString("en")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Shown>
    </div>
  );
}
