import { Button } from "antd";
import { Component, type ReactNode, Suspense, useEffect } from "react";
import { useTexts } from "../i18n.ts";
import type { Page } from "../page.ts";
import { Empty, Forbidden, Loading } from "../parts/faces.tsx";
import { usePath } from "../route.tsx";
import { useMay } from "../session.ts";

function Broken() {
  const t = useTexts();
  return (
    <Empty
      title={t("broken")}
      advice={t("broken.advice")}
      act={<Button onClick={() => location.reload()}>{t("reload")}</Button>}
    />
  );
}

/** A page or card that throws takes nothing else down. `of` is what it shows: another value is another try. */
export class Fence extends Component<
  { readonly of: string; readonly children: ReactNode },
  { readonly broken: boolean }
> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override componentDidUpdate(before: { readonly of: string }): void {
    if (before.of !== this.props.of && this.state.broken) this.setState({ broken: false });
  }

  override render(): ReactNode {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}

/** One page in its place: the right it needs, its title in the window, its fence. */
export function PageFrame({ page }: { readonly page: Page }) {
  const t = useTexts();
  const path = usePath();
  const allowed = useMay(page.needs);
  const title = page.title ?? page.nav?.label;
  const name = title === undefined ? t("product") : `${t(title)} · ${t("product")}`;
  useEffect(() => {
    document.title = name;
  }, [name]);
  const { component: Content } = page;
  return (
    <Fence of={path}>
      <Suspense fallback={<Loading />}>{allowed ? <Content key={path} /> : <Forbidden />}</Suspense>
    </Fence>
  );
}
