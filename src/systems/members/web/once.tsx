import { Button, Modal } from "antd";
import { CopyButton, useTexts } from "../../../web/kit.ts";

interface OnceProps {
  readonly title: string;
  readonly label: string;
  readonly secret: string | undefined;
  readonly close: () => void;
}

/** A secret that is shown this once; only the button closes it. */
export function Once({ title, label, secret, close }: OnceProps) {
  const t = useTexts("members");
  return (
    <Modal
      open={secret !== undefined}
      title={title}
      closable={false}
      keyboard={false}
      mask={{ closable: false }}
      footer={
        <Button type="primary" onClick={close}>
          {t("once.kept")}
        </Button>
      }
    >
      <div className="stack">
        <p>{t("once.why")}</p>
        <div>
          <p className="field-label">{label}</p>
          <p className="once">
            <span data-secret>{secret}</span>
            <CopyButton text={secret ?? ""} label={label} />
          </p>
        </div>
      </div>
    </Modal>
  );
}
