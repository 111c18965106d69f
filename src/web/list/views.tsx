import { CloseOutlined, SaveOutlined } from "@ant-design/icons";
import { Button, Input, Popover } from "antd";
import { useState } from "react";
import { useTexts } from "../i18n.ts";
import { kept } from "../kept.ts";
import type { Filters } from "../route.tsx";
import { useSession } from "../session.ts";
import { sameFilters, type View, viewsOf } from "./list.ts";

interface ViewsProps {
  readonly name: string;
  /** Views that the page brings. */
  readonly own: readonly View[];
  readonly filters: Filters;
  readonly choose: (filters: Filters) => void;
}

/** Named sets of filters: those of the page and those that this person kept on this device. */
export function Views({ name, own, filters, choose }: ViewsProps) {
  const t = useTexts();
  const { account } = useSession();
  const key = `views.${account.id}.${name}`;
  const [saved, setSaved] = useState<readonly View[]>(() => viewsOf(kept.readJson(key)));
  const [naming, setNaming] = useState(false);
  const [words, setWords] = useState("");
  const keep = (views: readonly View[]) => {
    setSaved(views);
    kept.writeJson(key, views);
  };
  const save = () => {
    const label = words.trim();
    if (label === "") return;
    keep([...saved.filter((view) => view.name !== label), { name: label, filters }]);
    setNaming(false);
    setWords("");
  };
  const everything: View = { name: t("view.all"), filters: {} };
  const known = [everything, ...own, ...saved];
  const unsaved =
    Object.keys(filters).length > 0 && !known.some((view) => sameFilters(view.filters, filters));
  if (known.length === 1 && !unsaved) return null;
  return (
    <fieldset className="views" aria-label={t("views")}>
      {known.map((view) => {
        const on = sameFilters(view.filters, filters);
        return (
          <span key={view.name} className={on ? "view view-on" : "view"}>
            <button type="button" aria-pressed={on} onClick={() => choose(view.filters)}>
              {view.name}
            </button>
            {saved.includes(view) && (
              <button
                type="button"
                className="chip-close"
                aria-label={t("view.drop", { name: view.name })}
                onClick={() => keep(saved.filter((one) => one !== view))}
              >
                <CloseOutlined aria-hidden="true" />
              </button>
            )}
          </span>
        );
      })}
      {unsaved && (
        <Popover
          trigger="click"
          placement="bottomLeft"
          open={naming}
          onOpenChange={setNaming}
          content={
            <span className="row">
              <Input
                size="small"
                autoFocus
                aria-label={t("view.name")}
                placeholder={t("view.name")}
                value={words}
                maxLength={40}
                onChange={(event) => setWords(event.target.value)}
                onPressEnter={save}
              />
              <Button size="small" type="primary" onClick={save}>
                {t("save")}
              </Button>
            </span>
          }
        >
          <Button size="small" type="text" icon={<SaveOutlined aria-hidden="true" />}>
            {t("view.save")}
          </Button>
        </Popover>
      )}
    </fieldset>
  );
}
