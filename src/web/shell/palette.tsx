import { Modal } from "antd";
import { type KeyboardEvent, useEffect, useId, useState } from "react";
import { useTexts } from "../i18n.ts";
import type { Hit, WebDoor } from "../page.ts";
import { useGo } from "../route.tsx";
import { useSession } from "../session.ts";
import type { Place } from "./shell.tsx";

interface Group {
  readonly label: string;
  readonly hits: readonly Hit[];
}

interface Found {
  readonly groups: readonly Group[];
  readonly searching: boolean;
  readonly failed: boolean;
}

const NOTHING: Found = { groups: [], searching: false, failed: false };

/** Asks every provider this person may ask, shortly after the last letter. Each answers when it can. */
function useFound(doors: readonly WebDoor[], text: string): Found {
  const { permissions } = useSession();
  const [found, setFound] = useState<Found>(NOTHING);
  useEffect(() => {
    const words = text.trim();
    if (words.length < 2) return setFound(NOTHING);
    const control = new AbortController();
    const providers = doors
      .flatMap((door) => door.search ?? [])
      .filter((provider) => permissions.includes(provider.needs));
    const ask = async () => {
      setFound({ groups: [], searching: true, failed: false });
      const groups: Group[] = [];
      let failed = false;
      let waiting = providers.length;
      const settle = () => {
        if (!control.signal.aborted) setFound({ groups: [...groups], searching: waiting > 0, failed });
      };
      await Promise.all(
        providers.map(async ({ label, find }, order) => {
          try {
            const hits = await find(words, control.signal);
            if (hits.length > 0) groups[order] = { label, hits };
          } catch {
            failed = true;
          }
          waiting -= 1;
          settle();
        }),
      );
      settle();
    };
    const timer = setTimeout(() => void ask(), 180);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [doors, text, permissions]);
  return found;
}

interface PaletteProps {
  readonly doors: readonly WebDoor[];
  readonly places: readonly Place[];
  readonly close: () => void;
}

/** Ctrl-K: goes to any page and finds anything the person may see. */
export function Palette({ doors, places, close }: PaletteProps) {
  const t = useTexts();
  const go = useGo();
  const listId = useId();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  const found = useFound(doors, text);
  const wanted = text.trim().toLowerCase();
  const pages: readonly Hit[] = places
    .filter(({ label, to }) => `${t(label)} ${to}`.toLowerCase().includes(wanted))
    .map(({ label, to }) => ({ title: t(label), to }));
  const groups = [
    { label: "kit:palette.pages", hits: pages },
    ...found.groups.filter((group) => group !== undefined),
  ].filter((group) => group.hits.length > 0);
  const hits: readonly Hit[] = groups.flatMap((group) => group.hits);
  const at = Math.min(chosen, hits.length - 1);
  const follow = (hit: Hit | undefined) => {
    if (hit === undefined) return;
    close();
    go(hit.to);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setChosen(Math.min(at + 1, hits.length - 1));
    else if (event.key === "ArrowUp") setChosen(Math.max(at - 1, 0));
    else if (event.key === "Enter") follow(hits[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal
      open
      onCancel={close}
      footer={null}
      closable={false}
      width={600}
      className="palette"
      style={{ top: 80 }}
      title={<span className="unseen">{t("palette")}</span>}
    >
      <input
        className="palette-input"
        // biome-ignore lint/a11y/noAutofocus: the palette is opened to be typed into.
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-activedescendant={at >= 0 ? `${listId}-${at}` : undefined}
        aria-label={t("palette")}
        placeholder={t("palette")}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKey}
      />
      <div id={listId} role="listbox" aria-label={t("palette")} className="palette-list">
        {groups.map((group) => (
          // biome-ignore lint/a11y/useSemanticElements: a listbox holds groups, and no fieldset.
          <div key={group.label} role="group" aria-label={t(group.label)}>
            <p className="palette-group">{t(group.label)}</p>
            {group.hits.map((hit) => {
              const place = hits.indexOf(hit);
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the box above.
                <div
                  key={hit.to}
                  id={`${listId}-${place}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={place === at}
                  className="palette-hit"
                  onClick={() => follow(hit)}
                  onMouseMove={() => setChosen(place)}
                >
                  <span>{hit.title}</span>
                  {hit.detail !== undefined && <span className="muted small">{hit.detail}</span>}
                </div>
              );
            })}
          </div>
        ))}
      </div>
      <p className="palette-foot muted small" role="status">
        {found.searching
          ? t("palette.searching")
          : found.failed
            ? t("palette.failed")
            : hits.length === 0
              ? t("palette.none", { text: text.trim() })
              : t("palette.how")}
      </p>
    </Modal>
  );
}
