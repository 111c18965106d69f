import { CheckOutlined, DeleteOutlined, EditOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import { Copyable, Empty, StateTag, Time, useMay, useTexts } from "../../../web/kit.ts";
import type { Contact } from "../model.ts";
import "./contacts.css";
import { ContactDialog, RemoveContact, useConfirmContact } from "./contact-dialogs.tsx";

/** The contacts of one organisation, in the order in which they are called. */
export function ContactTable({
  contacts,
  orgId,
}: {
  readonly contacts: readonly Contact[];
  readonly orgId: string;
}) {
  const t = useTexts("members");
  const manages = useMay("members:manage");
  const confirm = useConfirmContact();
  const [edited, setEdited] = useState<Contact | "new">();
  const [removed, setRemoved] = useState<Contact>();
  const sorted = contacts.toSorted((one, other) => one.rank - other.rank);
  return (
    <div className="stack">
      {sorted.length === 0 ? (
        <Empty title={t("contacts.none")} advice={t("contacts.none.advice")} />
      ) : (
        <ul className="plain contact-list">
          {sorted.map((contact) => (
            <li key={contact.id} className="contact-line">
              <span className="muted">{contact.rank}</span>
              <span>
                <strong>{contact.name}</strong> <span className="muted">{contact.title}</span>{" "}
                {contact.reachable24x7 && <StateTag tone="done">{t("contact.always.short")}</StateTag>}
                <span className="contact-ways">
                  {contact.phone !== "" && (
                    <Copyable text={contact.phone}>
                      <a href={`tel:${contact.phone}`}>{contact.phone}</a>
                    </Copyable>
                  )}
                  {contact.email !== null && (
                    <Copyable text={contact.email}>
                      <a href={`mailto:${contact.email}`}>{contact.email}</a>
                    </Copyable>
                  )}
                </span>
                <span className="muted small">
                  {contact.confirmedAt === null ? (
                    t("contact.unconfirmed")
                  ) : (
                    <>
                      {t("contact.confirmed")} <Time at={contact.confirmedAt} />
                    </>
                  )}
                </span>
              </span>
              {manages && (
                <span className="row">
                  <Button
                    size="small"
                    type="text"
                    icon={<CheckOutlined aria-hidden="true" />}
                    title={t("contact.confirm")}
                    aria-label={`${t("contact.confirm")}: ${contact.name}`}
                    onClick={() => void confirm.run(contact)}
                  />
                  <Button
                    size="small"
                    type="text"
                    icon={<EditOutlined aria-hidden="true" />}
                    title={t("contact.edit")}
                    aria-label={`${t("contact.edit")}: ${contact.name}`}
                    onClick={() => setEdited(contact)}
                  />
                  <Button
                    size="small"
                    type="text"
                    icon={<DeleteOutlined aria-hidden="true" />}
                    title={t("contact.remove")}
                    aria-label={`${t("contact.remove")}: ${contact.name}`}
                    onClick={() => setRemoved(contact)}
                  />
                </span>
              )}
            </li>
          ))}
        </ul>
      )}
      {manages && (
        <div>
          <Button icon={<PlusOutlined aria-hidden="true" />} onClick={() => setEdited("new")}>
            {t("contact.new")}
          </Button>
        </div>
      )}
      <ContactDialog
        open={edited !== undefined}
        contact={edited === "new" ? undefined : edited}
        orgId={orgId}
        close={() => setEdited(undefined)}
      />
      <RemoveContact contact={removed} close={() => setRemoved(undefined)} />
    </div>
  );
}
