import { Modal } from "antd";
import {
  api,
  CheckField,
  ChoiceField,
  ConfirmDialog,
  FormBody,
  NumberField,
  TextField,
  toast,
  useAct,
  useForm,
  useOrgName,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import { type Contact, NewContact } from "../model.ts";

export const CONTACTS = "/api/v1/contacts";

interface ContactFormProps {
  /** Undefined: a new one. */
  readonly contact: Contact | undefined;
  readonly orgId: string;
  readonly close: () => void;
}

function ContactForm({ contact, orgId, close }: ContactFormProps) {
  const t = useTexts("members");
  const { orgs, org } = useSession();
  const known = orgs.some((one) => one.id === org.id) ? orgs : [org, ...orgs];
  const form = useForm<NewContact>({
    name: contact === undefined ? "members.contact.new" : `members.contact.${contact.id}`,
    schema: NewContact,
    initial: contact ?? { orgId, name: "", title: "", email: null, phone: "", rank: 1, reachable24x7: false },
  });
  return (
    <FormBody
      form={form}
      submit={t("kit:save")}
      cancel={close}
      touches={[CONTACTS]}
      send={({ orgId: owner, ...values }) =>
        contact === undefined
          ? api.post<Contact>(CONTACTS, { ...values, orgId: owner })
          : api.patch<Contact>(`${CONTACTS}/${contact.id}`, { ...values, version: contact.version })
      }
      done={() => {
        toast.done(t("contact.saved"));
        close();
      }}
    >
      {contact === undefined && (
        <ChoiceField
          form={form}
          name="orgId"
          label={t("org")}
          required
          options={known.map(({ id, name }) => ({ value: id, label: name }))}
        />
      )}
      <TextField form={form} name="name" label={t("contact.name")} required />
      <TextField form={form} name="title" label={t("contact.title")} />
      <TextField form={form} name="phone" label={t("contact.phone")} inputMode="tel" mono />
      <TextField form={form} name="email" label={t("contact.email")} inputMode="email" mono />
      <NumberField
        form={form}
        name="rank"
        label={t("contact.rank")}
        why={t("contact.rank.why")}
        min={1}
        max={9}
        required
      />
      <CheckField form={form} name="reachable24x7" label={t("contact.always")} />
    </FormBody>
  );
}

interface ContactDialogProps extends ContactFormProps {
  readonly open: boolean;
}

export function ContactDialog({ open, ...rest }: ContactDialogProps) {
  const t = useTexts("members");
  return (
    <Modal
      open={open}
      onCancel={rest.close}
      footer={null}
      destroyOnHidden
      title={t(rest.contact === undefined ? "contact.new" : "contact.edit")}
    >
      <ContactForm {...rest} />
    </Modal>
  );
}

export function RemoveContact({
  contact,
  close,
}: {
  readonly contact: Contact | undefined;
  readonly close: () => void;
}) {
  const t = useTexts("members");
  const orgName = useOrgName();
  const remove = useAct((id: string) => api.del(`${CONTACTS}/${id}`).then(() => true), {
    done: t("contact.removed"),
    touches: [CONTACTS],
  });
  return (
    <ConfirmDialog
      open={contact !== undefined}
      title={t("contact.remove")}
      what={[
        t("contact.remove.what", { name: contact?.name ?? "", org: orgName(contact?.orgId ?? "") ?? "" }),
      ]}
      confirm={t("contact.remove")}
      danger
      send={async () => contact !== undefined && (await remove.run(contact.id)) === true}
      close={close}
    />
  );
}

/** Notes that somebody checked the entry today. */
export function useConfirmContact() {
  const t = useTexts("members");
  return useAct(
    ({ id, version }: Contact) => api.patch<Contact>(`${CONTACTS}/${id}`, { confirmed: true, version }),
    {
      done: t("contact.confirmed.done"),
      touches: [CONTACTS],
    },
  );
}
