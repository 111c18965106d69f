import { Button } from "antd";
import { useState } from "react";
import { api, Go, Section, Shown, Time, useAct, useGet, useMay, useTexts } from "../../../web/kit.ts";
import type { ObjectTags as ObjectTagsAnswer } from "../taxonomies/model.ts";
import { LIBRARY } from "./library-parts.tsx";
import { TagColour, TagSelect, tagPath } from "./tag-parts.tsx";

/** Tags that notes give the object, beside what its creator says of it. */
export function ObjectTags({ id }: { readonly id: string }) {
  const { data } = useGet<ObjectTagsAnswer>(`${LIBRARY}/${id}/tags`);
  const tags = new Map((data?.given ?? []).map((one) => [one.tag, one]));
  return [...tags.values()].map((one) => (
    <Go key={one.tag} to={tagPath(one.tag)} className="library-tag">
      <TagColour colour={one.choice?.colour} /> <span title={one.tag}>{one.choice?.label ?? one.tag}</span>
    </Go>
  ));
}

/** The tags of an object: its creator's and those that notes give it. */
export function ObjectTagSection({ id }: { readonly id: string }) {
  const t = useTexts("lists");
  const mayWrite = useMay("intel:write");
  const path = `${LIBRARY}/${id}/tags`;
  const got = useGet<ObjectTagsAnswer>(path);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const add = useAct((tags: readonly string[]) => api.post<ObjectTagsAnswer>(path, { tags }), {
    done: t("tags.added"),
    touches: [`${LIBRARY}/${id}`],
  });
  const send = async () => {
    if ((await add.run(chosen)) !== undefined) setChosen([]);
  };
  return (
    <Section title={t("tags")}>
      <Shown of={got}>
        {({ own, given }) => (
          <>
            {own.length + given.length === 0 && <p className="muted">{t("tags.none")}</p>}
            <ul className="plain">
              {own.map((one) => (
                <li key={one.tag}>
                  <Tag of={one} /> <span className="muted small">{t("tags.own")}</span>
                </li>
              ))}
              {given.map((one) => (
                <li key={`${one.note} ${one.tag}`}>
                  <Tag of={one} />{" "}
                  <span className="muted small">
                    {one.by} <Time at={one.at} />
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Shown>
      {mayWrite && (
        <>
          <div className="row wrap">
            <TagSelect value={chosen} set={setChosen} />
            <Button disabled={chosen.length === 0} loading={add.busy} onClick={() => void send()}>
              {t("tags.add")}
            </Button>
          </div>
          {add.problem !== undefined && (
            <ul className="plain field-fault">
              {add.problem.faults.map(({ path: place, message }) => (
                <li key={place}>
                  {t("tags.refused")} <span lang="en">{message}</span>
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Section>
  );
}

function Tag({ of: { tag, choice } }: { readonly of: ObjectTagsAnswer["own"][number] }) {
  return (
    <>
      <TagColour colour={choice?.colour} />{" "}
      <Go to={tagPath(tag)}>
        <span className="mono wrap">{tag}</span>
      </Go>{" "}
      {choice !== null && <span title={choice.description}>{choice.label}</span>}
    </>
  );
}
