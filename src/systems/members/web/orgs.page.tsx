import { DownOutlined, PlusOutlined, RightOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useRef, useState } from "react";
import {
  Empty,
  Go,
  Shown,
  useAll,
  useFilters,
  useGo,
  useKeys,
  useLanguage,
  useMay,
  useTexts,
} from "../../../web/kit.ts";
import type { Org } from "../model.ts";
import { branchesOf, ORGS, orgsFound } from "./orgs.ts";

function Tree({ orgs, total }: { readonly orgs: readonly Org[]; readonly total: number }) {
  const t = useTexts("members");
  const [language] = useLanguage();
  const [{ q = "" }, setFilters] = useFilters();
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const box = useRef<HTMLInputElement>(null);
  useKeys([{ key: "/", label: t("kit:key.search"), run: () => box.current?.focus() }]);
  const fold = (id: string) =>
    setFolded((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  const branches = branchesOf(orgsFound(orgs, q), q === "" ? folded : new Set());
  return (
    <>
      <div className="filter-bar">
        <span className="search-box">
          <input
            ref={box}
            type="search"
            aria-label={t("orgs.find")}
            placeholder={t("orgs.find")}
            value={q}
            onChange={(event) => setFilters({ q: event.target.value })}
          />
        </span>
      </div>
      {total > orgs.length && <p className="stale">{t("orgs.more", { count: orgs.length })}</p>}
      {branches.length === 0 ? (
        <Empty title={t(q === "" ? "orgs.none" : "kit:empty.filtered")} />
      ) : (
        <div className="table-box">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t("name")}</th>
                <th scope="col">{t("kind")}</th>
                <th scope="col" className="not-phone">
                  {t("sector")}
                </th>
                <th scope="col" className="not-phone">
                  {t("short-name")}
                </th>
              </tr>
            </thead>
            <tbody>
              {branches.map(({ org, depth, below }) => (
                <tr key={org.id}>
                  <td className="main">
                    <span className="row" style={{ paddingInlineStart: depth * 20 }}>
                      {below > 0 ? (
                        <button
                          type="button"
                          className="tiny"
                          aria-expanded={!folded.has(org.id)}
                          aria-label={t(folded.has(org.id) ? "orgs.unfold" : "orgs.fold")}
                          onClick={() => fold(org.id)}
                        >
                          {folded.has(org.id) ? (
                            <RightOutlined aria-hidden="true" />
                          ) : (
                            <DownOutlined aria-hidden="true" />
                          )}
                        </button>
                      ) : (
                        <span className="tiny-space" />
                      )}
                      <Go to={`/orgs/${org.id}`} className="row-link">
                        {language === "en" && org.nameEn !== "" ? org.nameEn : org.name}
                      </Go>
                      {below > 0 && <span className="muted small">{below}</span>}
                    </span>
                  </td>
                  <td>{t(`kind.${org.kind}`)}</td>
                  <td className="not-phone">{t(`kit:sector.${org.sector}`)}</td>
                  <td className="mono not-phone">{org.shortName}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

/** The organisations in sight as a tree. */
export default function OrgsPage() {
  const t = useTexts("members");
  const go = useGo();
  const manages = useMay("members:manage");
  const orgs = useAll<Org>(ORGS);
  return (
    <div className="page page-list">
      <header className="title-row">
        <h1>
          {t("nav.orgs")}{" "}
          {orgs.data !== undefined && <span className="total">{orgs.data.total.toLocaleString("en")}</span>}
        </h1>
        {manages && (
          <Button icon={<PlusOutlined aria-hidden="true" />} onClick={() => go("/orgs/new")}>
            {t("org.new")}
          </Button>
        )}
      </header>
      <Shown of={orgs}>{({ items, total }) => <Tree orgs={items} total={total} />}</Shown>
    </div>
  );
}
