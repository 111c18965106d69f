import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { addressOf, api, type ListAnswer, type Query } from "../api.ts";
import { asProblem, type Got, useTouch } from "../data.ts";
import { hasComeBack } from "../route.tsx";
import { useResumed, useStream } from "../stream.ts";

export interface List<Row> extends Got<ListAnswer<Row>> {
  /** Another page is on its way; the old one is still shown. */
  readonly fetching: boolean;
  /** 0 for the first page. */
  readonly page: number;
  readonly limit: number;
  /** Happened since the page was fetched and not shown yet. */
  readonly fresh: number;
  back(): void;
  forth(): void;
  /** To the first page, with everything new. */
  showFresh(): void;
}
interface ListOptions<Row> {
  readonly query: Query;
  readonly limit: number;
  readonly topics: readonly string[];
  readonly id: (row: Row) => string;
  /** Milliseconds between fetches of the page that is shown, for figures of rows that stay where they are. */
  readonly every?: number | undefined;
}

/** The pages by which each list was left, for whoever comes back to it. */
const trails = new Map<string, readonly string[]>();
const PROBE_AFTER = 1_500;

/** One page of a list by cursor. Rows never move while somebody reads: what is new is counted until asked for. */
export function useList<Row>(path: string, { query, limit, topics, id, every }: ListOptions<Row>): List<Row> {
  const asked = addressOf(path, query);
  const [shownFor, setShownFor] = useState(asked);
  const [cursors, setCursors] = useState<readonly string[]>(() =>
    hasComeBack() ? (trails.get(asked) ?? []) : [],
  );
  const [fresh, setFresh] = useState(0);
  if (shownFor !== asked) {
    setShownFor(asked);
    setCursors([]);
    setFresh(0);
  }
  useEffect(() => {
    trails.set(asked, cursors);
  }, [asked, cursors]);
  const cursor = cursors.at(-1);
  const touch = useTouch();
  const { data, error, isPending, isFetching, refetch } = useQuery({
    queryKey: [path, { ...query, limit, cursor }],
    queryFn: ({ signal }) => api.get<ListAnswer<Row>>(path, { query: { ...query, limit, cursor }, signal }),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
    ...(every === undefined ? {} : { refetchInterval: every }),
  });
  // Events say that something happened, not whether these filters would show it: the list itself is asked.
  const probe = useEffectEvent(async () => {
    if (data === undefined) return;
    const first = await api.get<ListAnswer<Row>>(path, { query: { ...query, limit } }).catch(() => undefined);
    if (first === undefined) return;
    const known = new Set(data.items.map(id));
    const unseen = first.items.filter((row) => !known.has(id(row))).length;
    setFresh(cursors.length === 0 ? unseen : Math.max(0, first.total - data.total));
  });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const [wanted, setWanted] = useState(0);
  useEffect(() => {
    if (wanted > 0) void probe();
  }, [wanted]);
  const look = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setWanted((count) => count + 1);
    }, PROBE_AFTER);
  };
  useStream(topics, look);
  useResumed(() => {
    if (topics.length > 0) look();
  });
  return {
    data,
    problem: asProblem(error),
    loading: isPending,
    again: () => void refetch(),
    fetching: isFetching,
    page: cursors.length,
    limit,
    fresh,
    back: () => setCursors(cursors.slice(0, -1)),
    forth: () => {
      if (data?.next !== undefined) setCursors([...cursors, data.next]);
    },
    showFresh: () => {
      setFresh(0);
      setCursors([]);
      void touch([path]);
    },
  };
}
