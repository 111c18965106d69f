import { Modal } from "antd";
import { useTexts } from "../i18n.ts";
import { useShownKeys } from "../keys.ts";
import { Kbd } from "../parts/small.tsx";
import type { Place } from "./shell.tsx";

interface HelpProps {
  readonly open: boolean;
  readonly close: () => void;
  readonly places: readonly Place[];
}

interface Line {
  readonly keys: readonly string[];
  readonly label: string;
}

function Lines({ title, lines }: { readonly title: string; readonly lines: readonly Line[] }) {
  if (lines.length === 0) return null;
  return (
    <section>
      <h2>{title}</h2>
      <dl className="help-lines">
        {lines.map(({ keys, label }) => (
          <div key={keys.join(" ")}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** The keys that work on this page and everywhere. */
export function Help({ open, close, places }: HelpProps) {
  const t = useTexts();
  const here = useShownKeys().filter(({ key }) => key !== "?" && key !== "g" && key !== "Escape");
  return (
    <Modal open={open} onCancel={close} footer={null} title={t("help")} width={640}>
      <div className="help">
        <Lines title={t("key.here")} lines={here.map(({ key, label }) => ({ keys: [key], label }))} />
        <Lines
          title={t("key.everywhere")}
          lines={[
            { keys: ["Ctrl", "K"], label: t("key.palette") },
            { keys: ["?"], label: t("key.help") },
          ]}
        />
        <Lines
          title={t("key.go.title")}
          lines={places.flatMap(({ key, label }) =>
            key === undefined ? [] : [{ keys: ["g", key], label: t(label) }],
          )}
        />
      </div>
    </Modal>
  );
}
