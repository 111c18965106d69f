import { Button, Input } from "antd";
import { useState } from "react";
import {
  api,
  ConfirmDialog,
  CopyButton,
  DetailPage,
  ReasonDialog,
  Section,
  Shown,
  Time,
  useAct,
  useFilters,
  useGet,
  useGo,
  useMay,
  useParam,
  useTexts,
} from "../../../web/kit.ts";
import type { WarninglistEntry, WarninglistRow } from "../warninglists/model.ts";
import { Paged } from "./paged.tsx";
import { coversText, WARNINGLISTS, WarninglistState } from "./warninglist-parts.tsx";

/** One warninglist: what it is about, its entries, and whether it is at work. */
export default function WarninglistPage() {
  const got = useGet<WarninglistRow>(`${WARNINGLISTS}/${useParam("key")}`);
  return <Shown of={got}>{(list) => <ListView list={list} />}</Shown>;
}

function ListView({ list }: { readonly list: WarninglistRow }) {
  const t = useTexts("lists");
  const mayManage = useMay("platform:manage");
  const go = useGo();
  const [doing, setDoing] = useState<"off" | "on" | "remove">();
  const path = `${WARNINGLISTS}/${list.key}`;
  const turn = useAct(
    ({ off, reason }: { off: boolean; reason: string }) => api.put(`${path}/state`, { off, reason }),
    { done: t("warning.switched"), touches: [WARNINGLISTS] },
  );
  const remove = useAct(() => api.del(path).then(() => true), {
    done: t("warning.removed"),
    touches: [WARNINGLISTS],
  });
  const ok = async (answer: Promise<unknown>) => (await answer) !== undefined;
  const close = () => setDoing(undefined);
  return (
    <>
      <DetailPage
        back={{ to: "/warninglists", label: t("warning.nav") }}
        title={list.name}
        tags={<WarninglistState off={list.off} />}
        summary={list.description === "" ? undefined : <p>{list.description}</p>}
        next={list.off ? { text: t("warning.is-off", { reason: list.reason }) } : undefined}
        acts={
          <>
            <Button href={`${path}/file`} download={`warninglist-${list.key}.json`}>
              {t("warning.download")}
            </Button>
            {mayManage && (
              <Button onClick={() => setDoing(list.off ? "on" : "off")}>
                {t(list.off ? "warning.turn-on" : "warning.turn-off")}
              </Button>
            )}
            {mayManage && list.origin === "taken-in" && (
              <Button danger onClick={() => setDoing("remove")}>
                {t("warning.remove")}
              </Button>
            )}
          </>
        }
        facts={[
          { label: t("warning.form"), value: t(`warning.form.${list.form}`) },
          { label: t("warning.covers"), value: coversText(t, list) },
          { label: t("warning.entries"), value: list.entries.toLocaleString("en") },
          {
            label: t("warning.unusable"),
            value: list.unusable === 0 ? null : list.unusable.toLocaleString("en"),
          },
          { label: t("warning.version"), value: list.version, copy: String(list.version ?? "") },
          { label: t("warning.origin"), value: t(`warning.origin.${list.origin}`) },
          { label: t("warning.changed-by"), value: list.changedBy },
          {
            label: t("warning.changed-at"),
            value: list.changedAt === null ? null : <Time at={list.changedAt} />,
          },
        ]}
      >
        <Entries path={`${path}/entries`} />
      </DetailPage>
      <ReasonDialog
        open={doing === "off"}
        title={t("warning.turn-off")}
        what={[t("warning.turn-off.what", { name: list.name })]}
        text="needed"
        label={t("warning.reason")}
        confirm={t("warning.turn-off")}
        danger
        send={({ text }) => ok(turn.run({ off: true, reason: text }))}
        close={close}
      />
      <ConfirmDialog
        open={doing === "on"}
        title={t("warning.turn-on")}
        what={[t("warning.turn-on.what", { name: list.name })]}
        confirm={t("warning.turn-on")}
        send={() => ok(turn.run({ off: false, reason: "" }))}
        close={close}
      />
      <ConfirmDialog
        open={doing === "remove"}
        title={t("warning.remove")}
        what={[t("warning.remove.what", { name: list.name })]}
        confirm={t("warning.remove")}
        danger
        send={async () => {
          const done = await ok(remove.run(undefined));
          if (done) go("/warninglists");
          return done;
        }}
        close={close}
      />
    </>
  );
}

function Entries({ path }: { readonly path: string }) {
  const t = useTexts("lists");
  const [filters, setFilters] = useFilters();
  const q = filters["q"] ?? "";
  const [typed, setTyped] = useState(q);
  return (
    <Section title={t("warning.entries")}>
      <Input.Search
        allowClear
        aria-label={t("warning.entries.search")}
        placeholder={t("warning.entries.search")}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onSearch={(value) => setFilters({ q: value.trim() })}
      />
      <Paged<WarninglistEntry>
        key={q}
        path={path}
        query={q === "" ? {} : { q }}
        none={t("warning.entries.none")}
      >
        {(rows) => (
          <table className="table">
            <thead>
              <tr>
                <th scope="col">#</th>
                <th scope="col">{t("warning.entry")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ place, entry }) => (
                <tr key={place}>
                  <td className="muted">{place.toLocaleString("en")}</td>
                  <td>
                    <span className="mono wrap">{entry}</span> <CopyButton text={entry} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Paged>
    </Section>
  );
}
