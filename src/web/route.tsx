import { useParams, useRouter, useRouterState } from "@tanstack/react-router";
import { type AnchorHTMLAttributes, type MouseEvent, useCallback, useMemo } from "react";
import { addressOf, type Query } from "./api.ts";

/** Whether the page shown was reached by going back, and the path that was left last by going forth. */
const trail = { cameBack: false, left: "" };
if (typeof window !== "undefined") {
  window.addEventListener("popstate", () => {
    trail.cameBack = true;
  });
}

/** True on a page that was come back to: it may stand as it was left. */
export function hasComeBack(): boolean {
  return trail.cameBack;
}

/** Goes to a path of the console, with filters when given. */
export function useGo(): (to: string, filters?: Query) => void {
  const router = useRouter();
  return useCallback(
    (to, filters) => {
      trail.cameBack = false;
      trail.left = router.state.location.pathname;
      router.history.push(addressOf(to, filters));
    },
    [router],
  );
}

/** Goes back to a list as it was left, with its filters and page, when one came from there; else to its start. */
export function useGoBack(): (to: string) => void {
  const go = useGo();
  return useCallback((to) => (trail.left === to && !trail.cameBack ? history.back() : go(to)), [go]);
}

interface GoProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> {
  readonly to: string;
}

/** A link inside the console: a real address, so that it can be opened beside, copied and sent. */
export function Go({ to, onClick, ...rest }: GoProps) {
  const go = useGo();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
      return;
    event.preventDefault();
    go(to);
  };
  return <a {...rest} href={to} onClick={follow} />;
}

/** A parameter of the page's path; empty when the path has none of that name. */
export function useParam(name: string): string {
  const params = useParams({ strict: false }) as Readonly<Record<string, string | undefined>>;
  return params[name] ?? "";
}

export type Filters = Readonly<Record<string, string>>;

/** The filters in the address: a link shows a colleague the same. Setting one to "" removes it. */
export function useFilters(): [Filters, (change: Filters, options?: { replaceAll?: boolean }) => void] {
  const router = useRouter();
  const text = useRouterState({ select: (state) => state.location.searchStr });
  const filters = useMemo(() => Object.fromEntries(new URLSearchParams(text)), [text]);
  const set = useCallback(
    (change: Filters, options: { replaceAll?: boolean } = {}) => {
      const { pathname, searchStr } = router.state.location;
      const before = options.replaceAll === true ? {} : Object.fromEntries(new URLSearchParams(searchStr));
      router.history.replace(addressOf(pathname, { ...before, ...change }));
    },
    [router],
  );
  return [filters, set];
}

/** The path shown now, without filters. */
export function usePath(): string {
  return useRouterState({ select: (state) => state.location.pathname });
}
