import { QueryClientProvider } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { App as AntApp, ConfigProvider } from "antd";
import enUs from "antd/es/locale/en_US";
import zhTw from "antd/es/locale/zh_TW";
import { type ReactNode, StrictMode, Suspense, useCallback, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { makeQueryClient } from "../data.ts";
import { startTexts, useLanguage } from "../i18n.ts";
import { antdTheme, startLook, useLight } from "../look.ts";
import type { Loaded, WebDoor } from "../page.ts";
import { Failed, Loading } from "../parts/faces.tsx";
import { showToastsIn } from "../parts/toast.ts";
import { SessionContext } from "../session.ts";
import "../kit.css";
import { Home } from "./home.tsx";
import { PageFrame } from "./page-frame.tsx";
import { useSessionHolder } from "./session-holder.ts";
import { NotFound, Shell } from "./shell.tsx";

/** What stands before the pages; a system brings it, since the shell knows none. */
export interface Gates {
  /** Shown to whoever has no session. */
  readonly signIn: Loaded;
  /** Shown while the account owes a password or the enrolment of its second factor. */
  readonly owed: Loaded;
}

export interface ConsoleParts extends Gates {
  readonly doors: readonly WebDoor[];
}

function Toasts({ children }: { readonly children: ReactNode }) {
  const { message } = AntApp.useApp();
  useEffect(() => {
    showToastsIn(message);
    return () => showToastsIn(undefined);
  }, [message]);
  return children;
}

function Surface({ children }: { readonly children: ReactNode }) {
  const light = useLight();
  const [language] = useLanguage();
  return (
    <ConfigProvider
      theme={antdTheme(light)}
      locale={language === "en" ? enUs : zhTw}
      button={{ autoInsertSpace: false }}
      wave={{ disabled: true }}
    >
      <AntApp component={false}>
        <Toasts>{children}</Toasts>
      </AntApp>
    </ConfigProvider>
  );
}

function makeRouter(doors: readonly WebDoor[]) {
  const root = createRootRoute({ component: () => <Shell doors={doors} />, notFoundComponent: NotFound });
  const home = createRoute({
    getParentRoute: () => root,
    path: "/",
    component: () => <Home doors={doors} />,
  });
  const pages = doors.flatMap((door) =>
    door.pages.map((page) =>
      createRoute({
        getParentRoute: () => root,
        path: page.path,
        component: () => <PageFrame page={page} />,
      }),
    ),
  );
  // Filters stay plain text in the address; the router's own coding would quote numbers and words.
  return createRouter({
    routeTree: root.addChildren([home, ...pages]),
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const text = new URLSearchParams(search as Record<string, string>).toString();
      return text === "" ? "" : `?${text}`;
    },
  });
}

type ConsoleRouter = ReturnType<typeof makeRouter>;

interface GateProps extends Gates {
  readonly router: ConsoleRouter;
  readonly forget: () => void;
}

function Gate({ router, forget, signIn: SignIn, owed: Owed }: GateProps) {
  const { gate, asking, problem } = useSessionHolder(forget);
  const inside = () => {
    if (asking) return <Loading />;
    if (problem !== undefined) return <Failed problem={problem} again={() => void gate.refresh()} />;
    if (gate.session === undefined) return <SignIn />;
    if (gate.session.state !== "ok") return <Owed />;
    return <RouterProvider router={router} />;
  };
  return (
    <SessionContext value={gate}>
      <Suspense fallback={<Loading />}>{inside()}</Suspense>
    </SessionContext>
  );
}

function Console({ doors, signIn, owed }: ConsoleParts) {
  const [client] = useState(makeQueryClient);
  const [router] = useState(() => makeRouter(doors));
  const forget = useCallback(() => client.clear(), [client]);
  return (
    <QueryClientProvider client={client}>
      <Surface>
        <Gate router={router} forget={forget} signIn={signIn} owed={owed} />
      </Surface>
    </QueryClientProvider>
  );
}

/** Puts the console into the page. Called once, by app/console.tsx. */
export async function startConsole(parts: ConsoleParts): Promise<void> {
  startLook();
  await startTexts(parts.doors);
  const place = document.getElementById("console");
  if (place === null) throw new Error("console.html has no #console");
  createRoot(place).render(
    <StrictMode>
      <Console {...parts} />
    </StrictMode>,
  );
}
