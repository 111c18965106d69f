import { Suspense, useEffect } from "react";
import { useTexts } from "../i18n.ts";
import type { WebDoor } from "../page.ts";
import { Empty, Loading } from "../parts/faces.tsx";
import { useSession } from "../session.ts";
import { Fence } from "./page-frame.tsx";

/** What must I do now: the cards of every system that this person's roles call for. */
export function Home({ doors }: { readonly doors: readonly WebDoor[] }) {
  const t = useTexts();
  const { account, permissions, roles } = useSession();
  useEffect(() => {
    document.title = `${t("nav.home")} · ${t("product")}`;
  }, [t]);
  const cards = doors
    .flatMap((door) => door.home ?? [])
    .filter((card) => permissions.includes(card.needs))
    .toSorted((one, other) => one.order - other.order);
  return (
    <div className="page page-home">
      <header>
        <h1>{t("home.title", { name: account.displayName })}</h1>
        <p className="muted">{roles.map((role) => t(`role.${role}`)).join(t("comma"))}</p>
      </header>
      {cards.length === 0 ? (
        <Empty title={t("home.empty")} advice={t("home.empty.advice")} />
      ) : (
        <>
          <p className="lead">{t("home.lead")}</p>
          <div className="home-cards">
            {cards.map(({ id, component: Card }) => (
              <Fence key={id} of={id}>
                <Suspense fallback={<Loading />}>
                  <Card />
                </Suspense>
              </Fence>
            ))}
          </div>
        </>
      )}
    </div>
  );
}
