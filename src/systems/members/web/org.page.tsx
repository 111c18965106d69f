import { EditOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import {
  Copyable,
  DetailPage,
  Go,
  Section,
  Shown,
  Time,
  useAll,
  useGet,
  useGo,
  useLanguage,
  useMay,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { Contact, Org } from "../model.ts";
import { ContactTable } from "./contact-table.tsx";
import { ORGS } from "./orgs.ts";

function Below({ org, all }: { readonly org: Org; readonly all: readonly Org[] }) {
  const t = useTexts("members");
  const below = all.filter((one) => one.parentId === org.id);
  if (below.length === 0) return <p className="muted">{t("org.below.none")}</p>;
  return (
    <ul className="plain stack-tight">
      {below.map((one) => (
        <li key={one.id}>
          <Go to={`/orgs/${one.id}`}>{one.name}</Go>{" "}
          <span className="muted small">{t(`kind.${one.kind}`)}</span>
        </li>
      ))}
    </ul>
  );
}

function Lines({ of }: { readonly of: readonly string[] }) {
  if (of.length === 0) return <span className="muted">–</span>;
  return (
    <span className="stack-tight">
      {of.map((line) => (
        <Copyable key={line} text={line} />
      ))}
    </span>
  );
}

/** One organisation: who to call first, what stands below it, its facts. */
export default function OrgPage() {
  const t = useTexts("members");
  const go = useGo();
  const id = useParam("id");
  const [language] = useLanguage();
  const manages = useMay("members:manage");
  const got = useGet<Org>(`${ORGS}/${id}`);
  const all = useAll<Org>(ORGS);
  const contacts = useAll<Contact>("/api/v1/contacts", { query: { orgId: id } });
  return (
    <Shown of={got}>
      {(org) => {
        const parent = all.data?.items.find((one) => one.id === org.parentId);
        return (
          <DetailPage
            back={{ to: "/orgs", label: t("nav.orgs") }}
            title={language === "en" && org.nameEn !== "" ? org.nameEn : org.name}
            summary={language === "en" ? org.name : org.nameEn}
            acts={
              manages && (
                <>
                  <Button
                    icon={<PlusOutlined aria-hidden="true" />}
                    onClick={() => go("/orgs/new", { parent: id })}
                  >
                    {t("org.new.below")}
                  </Button>
                  <Button icon={<EditOutlined aria-hidden="true" />} onClick={() => go(`/orgs/${id}/edit`)}>
                    {t("org.edit")}
                  </Button>
                </>
              )
            }
            facts={[
              {
                label: t("short-name"),
                value: <span className="mono">{org.shortName}</span>,
                copy: org.shortName,
              },
              { label: t("kind"), value: t(`kind.${org.kind}`) },
              { label: t("sector"), value: t(`kit:sector.${org.sector}`) },
              {
                label: t("parent"),
                value: parent === undefined ? undefined : <Go to={`/orgs/${parent.id}`}>{parent.name}</Go>,
              },
              { label: t("aliases"), value: <Lines of={org.aliases} /> },
              { label: t("networks"), value: <Lines of={org.networks} /> },
              { label: t("created"), value: <Time at={org.createdAt} /> },
            ]}
          >
            <Section title={t("nav.contacts")}>
              <Shown of={contacts}>{({ items }) => <ContactTable contacts={items} orgId={id} />}</Shown>
            </Section>
            <Section title={t("org.below")}>
              <Shown of={all}>{({ items }) => <Below org={org} all={items} />}</Shown>
            </Section>
          </DetailPage>
        );
      }}
    </Shown>
  );
}
