import {
  api,
  FormPage,
  Shown,
  toast,
  useAll,
  useForm,
  useGet,
  useGo,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import { NewOrg, type Org } from "../model.ts";
import { OrgFields } from "./org-form.tsx";
import { branchesOf, ORGS } from "./orgs.ts";

/** Those it may stand below: not itself, and nothing that stands below it. */
function parentsFor(org: Org, all: readonly Org[]): readonly Org[] {
  const lines = branchesOf(all);
  const at = lines.findIndex((line) => line.org.id === org.id);
  const depth = lines[at]?.depth ?? 0;
  const barred = new Set([org.id]);
  for (const line of lines.slice(at + 1)) {
    if (line.depth <= depth) break;
    barred.add(line.org.id);
  }
  return all.filter((one) => !barred.has(one.id));
}

function EditOrgForm({ org, all }: { readonly org: Org; readonly all: readonly Org[] }) {
  const t = useTexts("members");
  const go = useGo();
  const root = org.parentId === null || !all.some((one) => one.id === org.parentId);
  const form = useForm<NewOrg>({
    name: `members.org.${org.id}`,
    schema: NewOrg,
    initial: { ...org, parentId: org.parentId ?? org.id },
  });
  return (
    <FormPage
      form={form}
      title={`${t("org.edit")}: ${org.name}`}
      submit={t("kit:save")}
      cancel={() => go(`/orgs/${org.id}`)}
      send={({ parentId, ...values }) =>
        api.patch<Org>(`${ORGS}/${org.id}`, {
          ...values,
          ...(root ? {} : { parentId }),
          version: org.version,
        })
      }
      touches={[ORGS]}
      done={(saved) => {
        toast.done(t("org.saved"));
        go(`/orgs/${saved.id}`);
      }}
    >
      <OrgFields form={form} parents={root ? [] : parentsFor(org, all)} />
    </FormPage>
  );
}

export default function EditOrgPage() {
  const id = useParam("id");
  const org = useGet<Org>(`${ORGS}/${id}`);
  const all = useAll<Org>(ORGS);
  return (
    <Shown of={org}>
      {(one) => <Shown of={all}>{({ items }) => <EditOrgForm org={one} all={items} />}</Shown>}
    </Shown>
  );
}
