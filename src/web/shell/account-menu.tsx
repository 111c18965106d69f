import { UserOutlined } from "@ant-design/icons";
import { Popover, Radio } from "antd";
import { useState } from "react";
import { type Language, useLanguage, useTexts } from "../i18n.ts";
import { chooseLook, LOOK_CHOICES, type LookChoice, useLookChoice } from "../look.ts";
import { Go } from "../route.tsx";
import { useSession, useSessionGate } from "../session.ts";

const LANGUAGE_NAMES = [
  { value: "zh", label: "繁體中文" },
  { value: "en", label: "English" },
] as const satisfies readonly { value: Language; label: string }[];

/** Light and language, for the menu and for the sign-in page. */
export function Preferences() {
  const t = useTexts();
  const [language, chooseLanguage] = useLanguage();
  const look = useLookChoice();
  return (
    <>
      <fieldset aria-label={t("language")}>
        <Radio.Group
          optionType="button"
          buttonStyle="solid"
          value={language}
          options={[...LANGUAGE_NAMES]}
          onChange={(event) => chooseLanguage(event.target.value === "en" ? "en" : "zh")}
        />
      </fieldset>
      <fieldset aria-label={t("look")}>
        <Radio.Group
          optionType="button"
          buttonStyle="solid"
          value={look}
          options={LOOK_CHOICES.map((value) => ({ value, label: t(`look.${value}`) }))}
          onChange={(event) => chooseLook(event.target.value as LookChoice)}
        />
      </fieldset>
    </>
  );
}

/** Who is signed in, what they may change for themselves, and the way out. */
export function AccountMenu({ help }: { readonly help: () => void }) {
  const t = useTexts();
  const { account, roles } = useSession();
  const { leave } = useSessionGate();
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  const content = (
    <div className="account-menu stack">
      <div>
        <strong>{account.displayName}</strong> <span className="muted mono">{account.name}</span>
        <p className="muted small">{roles.map((role) => t(`role.${role}`)).join(t("comma"))}</p>
      </div>
      <Preferences />
      <ul className="plain">
        <li>
          <Go to="/account" className="menu-line" onClick={close}>
            {t("account.own")}
          </Go>
        </li>
        <li>
          <button
            type="button"
            className="menu-line"
            onClick={() => {
              close();
              help();
            }}
          >
            {t("help")} <kbd className="kbd">?</kbd>
          </button>
        </li>
        <li>
          <button type="button" className="menu-line" onClick={() => void leave()}>
            {t("sign-out")}
          </button>
        </li>
      </ul>
    </div>
  );
  return (
    <Popover
      getPopupContainer={(button) => button.parentElement ?? document.body}
      trigger="click"
      placement="bottomRight"
      open={open}
      onOpenChange={setOpen}
      content={content}
    >
      <button
        type="button"
        className="account-button"
        aria-label={`${account.displayName} ${t("account.menu")}`}
        aria-expanded={open}
      >
        <UserOutlined aria-hidden="true" /> <span className="account-name">{account.displayName}</span>
      </button>
    </Popover>
  );
}
