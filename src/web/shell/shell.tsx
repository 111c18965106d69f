import {
  HomeOutlined,
  MenuFoldOutlined,
  MenuOutlined,
  MenuUnfoldOutlined,
  SearchOutlined,
} from "@ant-design/icons";
import { Outlet } from "@tanstack/react-router";
import { Drawer } from "antd";
import { useEffect, useRef, useState } from "react";
import { useLanguage, useTexts } from "../i18n.ts";
import { kept } from "../kept.ts";
import { useKeys } from "../keys.ts";
import { usePhone } from "../look.ts";
import { NAV_GROUPS, type NavEntry, type WebDoor } from "../page.ts";
import { Empty } from "../parts/faces.tsx";
import { Clock } from "../parts/time.tsx";
import { Go, useGo, usePath } from "../route.tsx";
import { useOrgName, useSession } from "../session.ts";
import { openStream, useConnection } from "../stream.ts";
import { AccountMenu } from "./account-menu.tsx";
import { Help } from "./help.tsx";
import { Palette } from "./palette.tsx";

/** A line of the navigation with its address. */
export interface Place extends NavEntry {
  readonly to: string;
}

function usePlaces(doors: readonly WebDoor[]): readonly Place[] {
  const { permissions } = useSession();
  const home: Place = { label: "kit:nav.home", icon: HomeOutlined, order: 0, key: "h", to: "/" };
  const places = doors.flatMap((door) =>
    door.pages.flatMap(({ nav, path, needs }) =>
      nav === undefined || !(nav.needs ?? [needs]).some((one) => permissions.includes(one))
        ? []
        : [{ ...nav, to: path }],
    ),
  );
  return [home, ...places].toSorted((one, other) => one.order - other.order);
}

/** Where the path is: of `/intel` and `/intel/feeds` the longer, so that one line alone is marked. */
function placeOf(path: string, places: readonly Place[]): string | undefined {
  return places
    .map(({ to }) => to)
    .filter((to) => path === to || (to !== "/" && path.startsWith(`${to}/`)))
    .toSorted((one, other) => other.length - one.length)[0];
}

interface NavListProps {
  readonly places: readonly Place[];
  /** Every place there is, when `places` is a part of them. */
  readonly all?: readonly Place[];
  readonly onGo?: () => void;
}

function NavList({ places, all = places, onGo }: NavListProps) {
  const t = useTexts();
  const here = placeOf(usePath(), all);
  return (
    <ul className="plain nav-list">
      {places.map(({ to, label, icon: Icon, key }) => (
        <li key={to}>
          <Go
            to={to}
            className={to === here ? "nav-line here" : "nav-line"}
            aria-current={to === here ? "page" : undefined}
            title={key === undefined ? t(label) : `${t(label)} (g ${key})`}
            {...(onGo === undefined ? {} : { onClick: onGo })}
          >
            <Icon className="nav-icon" aria-hidden="true" />
            <span className="nav-word">{t(label)}</span>
          </Go>
        </li>
      ))}
    </ul>
  );
}

/** The whole navigation under its headings; a group of which this person may open nothing is not there. */
function GroupedNav({ places, onGo }: NavListProps) {
  const t = useTexts();
  const bounds = [0, ...NAV_GROUPS.map(({ from }) => from), Number.POSITIVE_INFINITY];
  return (
    <div className="nav-groups">
      {[undefined, ...NAV_GROUPS].map((group, at) => {
        const [from = 0, end = 0] = bounds.slice(at);
        const own = places.filter(({ order }) => order >= from && order < end);
        if (own.length === 0) return null;
        return (
          <div key={from}>
            {group === undefined ? null : (
              <p className="nav-group">
                <span className="nav-word">{t(group.label)}</span>
              </p>
            )}
            <NavList places={own} all={places} {...(onGo === undefined ? {} : { onGo })} />
          </div>
        );
      })}
    </div>
  );
}

function BottomBar({ places }: { readonly places: readonly Place[] }) {
  const t = useTexts();
  const [open, setOpen] = useState(false);
  return (
    <nav className="bottom-bar" aria-label={t("nav")}>
      <NavList places={places.slice(0, 4)} all={places} />
      <button type="button" className="nav-line" aria-expanded={open} onClick={() => setOpen(true)}>
        <MenuOutlined className="nav-icon" aria-hidden="true" />
        <span className="nav-word">{t("nav.more")}</span>
      </button>
      <Drawer placement="bottom" size="70%" open={open} onClose={() => setOpen(false)} title={t("nav")}>
        <div className="drawer-nav">
          <GroupedNav places={places} onGo={() => setOpen(false)} />
        </div>
      </Drawer>
    </nav>
  );
}

function SideBar({ places }: { readonly places: readonly Place[] }) {
  const t = useTexts();
  const { node } = useSession();
  const [folded, setFolded] = useState(() => kept.read("nav-folded") === "yes");
  const fold = () => {
    kept.write("nav-folded", folded ? "no" : "yes");
    setFolded(!folded);
  };
  const word = t(folded ? "nav.unfold" : "nav.fold");
  return (
    <nav className={folded ? "side-bar folded" : "side-bar"} aria-label={t("nav")}>
      <Go to="/" className="brand" title={node.name}>
        <span className="brand-mark" aria-hidden="true">
          {t("product").slice(0, 1)}
        </span>
        <span className="nav-word">
          <strong>{t("product")}</strong>
          <span className="muted small"> {node.name}</span>
        </span>
      </Go>
      <GroupedNav places={places} />
      <button type="button" className="nav-line fold" aria-expanded={!folded} title={word} onClick={fold}>
        {folded ? (
          <MenuUnfoldOutlined className="nav-icon" aria-hidden="true" />
        ) : (
          <MenuFoldOutlined className="nav-icon" aria-hidden="true" />
        )}
        <span className="nav-word">{word}</span>
      </button>
    </nav>
  );
}

function Connection() {
  const t = useTexts();
  const connection = useConnection();
  // A stream that comes back within the first retries is no news.
  const [told, setTold] = useState(false);
  useEffect(() => {
    if (connection !== "lost") return setTold(false);
    const timer = setTimeout(() => setTold(true), 3_000);
    return () => clearTimeout(timer);
  }, [connection]);
  return (
    <span role="status" className="connection">
      {told ? `✕ ${t("stream.lost")}` : ""}
    </span>
  );
}

/** Navigation, top bar, keys and the place where pages stand. */
export function Shell({ doors }: { readonly doors: readonly WebDoor[] }) {
  const t = useTexts();
  const go = useGo();
  const phone = usePhone();
  const { org } = useSession();
  const [language] = useLanguage();
  const orgName = useOrgName();
  const places = usePlaces(doors);
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const [going, setGoing] = useState(false);
  useEffect(openStream, []);
  const path = usePath();
  const pathBefore = useRef(path);
  useEffect(() => {
    if (pathBefore.current === path) return;
    pathBefore.current = path;
    // Whoever cannot see the page change hears where they are; the first page is announced by the browser.
    const content = document.getElementById("content");
    content?.scrollTo(0, 0);
    content?.focus({ preventScroll: true });
  }, [path]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPalette((open) => !open);
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => {
    if (!going) return;
    const timer = setTimeout(() => setGoing(false), 1_500);
    return () => clearTimeout(timer);
  }, [going]);
  useKeys([
    { key: "?", label: t("key.help"), run: () => setHelp(true) },
    { key: "g", label: t("key.go"), run: () => setGoing(true) },
  ]);
  return (
    <div className={phone ? "shell shell-phone" : "shell"}>
      <a className="skip" href="#content">
        {t("skip")}
      </a>
      {!phone && <SideBar places={places} />}
      <div className="shell-body">
        <header className="top-bar">
          <span className="top-org" title={orgName(org.id, language)}>
            {orgName(org.id, language)}
          </span>
          <button
            type="button"
            className="palette-button"
            onClick={() => setPalette(true)}
            {...(phone ? { "aria-label": t("palette") } : {})}
          >
            <SearchOutlined aria-hidden="true" />
            <span className="palette-word">{t("palette")}</span>
            {!phone && <kbd className="kbd">Ctrl K</kbd>}
          </button>
          <span className="top-space" />
          <Connection />
          {!phone && <Clock />}
          <AccountMenu help={() => setHelp(true)} />
        </header>
        <main id="content" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {phone && <BottomBar places={places} />}
      {going && (
        <GoKeys
          places={places}
          end={(to) => {
            setGoing(false);
            if (to !== undefined) go(to);
          }}
        />
      )}
      {palette && <Palette doors={doors} places={places} close={() => setPalette(false)} />}
      <Help open={help} close={() => setHelp(false)} places={places} />
    </div>
  );
}

interface GoKeysProps {
  readonly places: readonly Place[];
  readonly end: (to: string | undefined) => void;
}

/** After `g`: the next letter goes somewhere; what the letters are is shown meanwhile. */
function GoKeys({ places, end }: GoKeysProps) {
  const t = useTexts();
  const keyed = places.filter((place) => place.key !== undefined);
  useKeys([
    ...keyed.map(({ key = "", label, to }) => ({ key, label: t(label), run: () => end(to) })),
    { key: "Escape", label: t("cancel"), run: () => end(undefined) },
  ]);
  return (
    <div className="go-keys" role="status">
      {keyed.map(({ key = "", label, to }) => (
        <span key={to}>
          <kbd className="kbd">{key}</kbd> {t(label)}
        </span>
      ))}
    </div>
  );
}

export function NotFound() {
  const t = useTexts();
  return (
    <Empty title={t("not-found")} advice={t("not-found.advice")} act={<Go to="/">{t("nav.home")}</Go>} />
  );
}
