import { QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { ApiProblem, api, type ListAnswer, type Query } from "./api.ts";
import { toast } from "./parts/toast.ts";
import { useResumed, useStream } from "./stream.ts";

/** What was fetched, by path and query. The shell makes one and empties it at sign-out. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: true,
        retry: (failures, problem) =>
          problem instanceof ApiProblem && problem.code === "offline" && failures < 2,
      },
      mutations: { retry: false },
    },
  });
}

/** What went wrong, as a refusal. */
export function asProblem(error: unknown): ApiProblem | undefined {
  if (error === null || error === undefined) return undefined;
  return error instanceof ApiProblem ? error : new ApiProblem("unreadable", { detail: String(error) });
}

/** What a page shows of something fetched. */
export interface Got<T> {
  readonly data: T | undefined;
  readonly problem: ApiProblem | undefined;
  /** Nothing to show yet. */
  readonly loading: boolean;
  again(): void;
}

interface GetOptions {
  readonly query?: Query;
  /** Topics after which it is fetched anew (`alerts.`). */
  readonly topics?: readonly string[];
  /** Milliseconds between fetches while shown. */
  readonly every?: number;
  /** False: not now. */
  readonly when?: boolean;
}

/** Fetches one address and keeps it fresh. */
export function useGet<T>(path: string, { query, topics = [], every, when = true }: GetOptions = {}): Got<T> {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: [path, query ?? {}],
    queryFn: ({ signal }) => api.get<T>(path, { signal, ...(query === undefined ? {} : { query }) }),
    enabled: when,
    ...(every === undefined ? {} : { refetchInterval: every }),
  });
  const again = useCallback(() => void refetch(), [refetch]);
  const look = () => {
    if (when) again();
  };
  useStream(topics, look);
  useResumed(look);
  return { data, problem: asProblem(error), loading: isPending && when, again };
}

const BATCH = 200;
const MOST = 5_000;

/** Every row of a list up to 5,000, for trees and for choices; `total` tells when there are more. */
export function useAll<Row>(
  path: string,
  { query = {}, topics = [] }: Pick<GetOptions, "query" | "topics"> = {},
): Got<ListAnswer<Row>> {
  const { data, error, isPending, refetch } = useQuery({
    queryKey: [path, { ...query, all: true }],
    queryFn: async ({ signal }): Promise<ListAnswer<Row>> => {
      const items: Row[] = [];
      let total = 0;
      let cursor: string | undefined;
      do {
        const page: ListAnswer<Row> = await api.get(path, {
          query: { ...query, limit: BATCH, cursor },
          signal,
        });
        items.push(...page.items);
        ({ total, next: cursor } = page);
      } while (cursor !== undefined && items.length < MOST);
      return { items, total };
    },
  });
  const again = useCallback(() => void refetch(), [refetch]);
  useStream(topics, again);
  useResumed(again);
  return { data, problem: asProblem(error), loading: isPending, again };
}

/** Fetches anew whatever lies below one of the path prefixes. */
export function useTouch(): (prefixes: readonly string[]) => Promise<void> {
  const client = useQueryClient();
  return useCallback(
    (prefixes) =>
      client.invalidateQueries({
        predicate: ({ queryKey: [path] }) =>
          typeof path === "string" && prefixes.some((prefix) => path.startsWith(prefix)),
      }),
    [client],
  );
}

export interface Act<In, Out> {
  /** Resolves to the answer, or to undefined when it was refused; the refusal was told. */
  run(input: In): Promise<Out | undefined>;
  readonly busy: boolean;
  readonly problem: ApiProblem | undefined;
}

interface ActOptions {
  /** Words of the toast when it is done. */
  readonly done?: string;
  /** Path prefixes that are fetched anew. */
  readonly touches?: readonly string[];
  /** True: the caller shows the refusal itself. */
  readonly quiet?: boolean;
}

/** A change: sends it, tells how it went, fetches anew what it touched. A conflict also fetches the newest state. */
export function useAct<In, Out>(
  send: (input: In) => Promise<Out>,
  { done, touches = [], quiet = false }: ActOptions = {},
): Act<In, Out> {
  const touch = useTouch();
  const { mutateAsync, isPending, error } = useMutation({ mutationFn: send });
  const run = async (input: In): Promise<Out | undefined> => {
    try {
      const answer = await mutateAsync(input);
      await touch(touches);
      if (done !== undefined) toast.done(done);
      return answer;
    } catch (cause) {
      const problem = asProblem(cause);
      if (problem?.status === 409) await touch(touches);
      if (!quiet && problem !== undefined) toast.failed(problem);
      return undefined;
    }
  };
  return { run, busy: isPending, problem: asProblem(error) };
}
