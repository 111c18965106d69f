import { PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import {
  Copyable,
  ListPage,
  StateTag,
  Time,
  useLanguage,
  useMay,
  useOrgName,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import type { Contact } from "../model.ts";
import { CONTACTS, ContactDialog, RemoveContact, useConfirmContact } from "./contact-dialogs.tsx";

/** Everybody who can be called, over all organisations in sight. */
export default function ContactsPage() {
  const t = useTexts("members");
  const { org, orgs } = useSession();
  const [language] = useLanguage();
  const orgName = useOrgName();
  const manages = useMay("members:manage");
  const confirm = useConfirmContact();
  const [edited, setEdited] = useState<Contact | "new">();
  const [removed, setRemoved] = useState<Contact>();
  return (
    <>
      <ListPage<Contact>
        name="contacts"
        title={t("nav.contacts")}
        path={CONTACTS}
        id={(row) => row.id}
        columns={[
          {
            key: "name",
            label: t("contact.name"),
            phone: "title",
            render: (row) => row.name,
            text: (row) => row.name,
          },
          { key: "title", label: t("contact.title"), render: (row) => row.title, text: (row) => row.title },
          {
            key: "org",
            label: t("org"),
            render: (row) => orgName(row.orgId, language) ?? "–",
            text: (row) => orgName(row.orgId),
          },
          {
            key: "phone",
            label: t("contact.phone"),
            render: (row) =>
              row.phone === "" ? (
                "–"
              ) : (
                <Copyable text={row.phone}>
                  <a href={`tel:${row.phone}`}>{row.phone}</a>
                </Copyable>
              ),
            text: (row) => row.phone,
          },
          {
            key: "email",
            label: t("contact.email"),
            render: (row) => (row.email === null ? "–" : <Copyable text={row.email} />),
            text: (row) => row.email,
          },
          {
            key: "rank",
            label: t("contact.rank"),
            width: 90,
            align: "end",
            render: (row) => row.rank,
            text: (row) => row.rank,
          },
          {
            key: "always",
            label: t("contact.always.short"),
            width: 90,
            render: (row) =>
              row.reachable24x7 ? (
                <StateTag tone="done">{t("kit:yes")}</StateTag>
              ) : (
                <StateTag tone="quiet">{t("kit:no")}</StateTag>
              ),
            text: (row) => String(row.reachable24x7),
          },
          {
            key: "confirmed",
            label: t("contact.confirmed"),
            width: 150,
            render: (row) =>
              row.confirmedAt === null ? (
                <StateTag tone="waiting">{t("contact.unconfirmed")}</StateTag>
              ) : (
                <Time at={row.confirmedAt} />
              ),
            text: (row) => row.confirmedAt,
          },
        ]}
        filters={[
          {
            name: "orgId",
            label: t("org"),
            kind: "choice",
            options: orgs.map(({ id, name }) => ({ value: id, label: name })),
          },
        ]}
        acts={[
          {
            key: "e",
            label: t("contact.edit"),
            needs: "members:manage",
            when: (rows) => rows.length === 1,
            run: ([row]) => setEdited(row),
          },
          {
            key: "y",
            label: t("contact.confirm"),
            needs: "members:manage",
            run: async (rows) => {
              for (const row of rows) await confirm.run(row);
            },
          },
          {
            key: "d",
            label: t("contact.remove"),
            needs: "members:manage",
            danger: true,
            when: (rows) => rows.length === 1,
            run: ([row]) => setRemoved(row),
          },
        ]}
        side={
          manages && (
            <Button icon={<PlusOutlined aria-hidden="true" />} onClick={() => setEdited("new")}>
              {t("contact.new")}
            </Button>
          )
        }
        empty={{ title: t("contacts.none"), advice: t("contacts.none.advice") }}
      />
      <ContactDialog
        open={edited !== undefined}
        contact={edited === "new" ? undefined : edited}
        orgId={org.id}
        close={() => setEdited(undefined)}
      />
      <RemoveContact contact={removed} close={() => setRemoved(undefined)} />
    </>
  );
}
