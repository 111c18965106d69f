import {
  api,
  FormPage,
  Shown,
  toast,
  useAll,
  useFilters,
  useForm,
  useGo,
  useSession,
  useTexts,
} from "../../../web/kit.ts";
import { NewOrg, type Org } from "../model.ts";
import { OrgFields } from "./org-form.tsx";
import { ORGS } from "./orgs.ts";

function NewOrgForm({ parents }: { readonly parents: readonly Org[] }) {
  const t = useTexts("members");
  const go = useGo();
  const { org } = useSession();
  const [{ parent = org.id }] = useFilters();
  const above = parents.find((one) => one.id === parent);
  const form = useForm<NewOrg>({
    name: "members.org.new",
    schema: NewOrg,
    initial: {
      parentId: parent,
      name: "",
      nameEn: "",
      shortName: "",
      kind: "operator",
      ...(above === undefined ? {} : { sector: above.sector }),
      aliases: [],
      networks: [],
    },
  });
  return (
    <FormPage
      form={form}
      title={t("org.new")}
      submit={t("org.new")}
      cancel={() => go(ORG_LIST)}
      send={(values) => api.post<Org>(ORGS, values)}
      touches={[ORGS]}
      done={(made) => {
        toast.done(t("org.made"));
        go(`/orgs/${made.id}`);
      }}
    >
      <OrgFields form={form} parents={parents} />
    </FormPage>
  );
}

const ORG_LIST = "/orgs";

export default function NewOrgPage() {
  const orgs = useAll<Org>(ORGS);
  return <Shown of={orgs}>{({ items }) => <NewOrgForm parents={items} />}</Shown>;
}
