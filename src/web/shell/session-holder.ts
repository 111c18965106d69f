import { useCallback, useEffect, useMemo, useState } from "react";
import { ApiProblem, api, onRefusal, setCsrfToken } from "../api.ts";
import { translate } from "../i18n.ts";
import { toast } from "../parts/toast.ts";
import type { Session, SessionGate } from "../session.ts";

/** The session the node knows of, or undefined when there is none. */
async function askSession(): Promise<Session | undefined> {
  try {
    return await api.get<Session>("/api/v1/session");
  } catch (cause) {
    if (cause instanceof ApiProblem && cause.status === 401) return undefined;
    throw cause;
  }
}

/** Refusals that mean the session changed under us: another state, or none. */
const ENDED = new Set(["http.unauthenticated", "members.password-change-needed", "members.enrolment-needed"]);

interface Holder {
  readonly gate: SessionGate;
  /** The first answer is not here yet. */
  readonly asking: boolean;
  readonly problem: ApiProblem | undefined;
}

/** Holds the session, learns from refusals that it ended, and forgets what was fetched when somebody else comes. */
export function useSessionHolder(forget: () => void): Holder {
  const [session, setSession] = useState<Session>();
  const [asking, setAsking] = useState(true);
  const [problem, setProblem] = useState<ApiProblem>();
  const take = useCallback((next: Session | undefined) => {
    setCsrfToken(next?.csrfToken);
    setSession(next);
  }, []);
  const refresh = useCallback(async () => {
    try {
      take(await askSession());
      setProblem(undefined);
    } catch (cause) {
      setProblem(cause instanceof ApiProblem ? cause : new ApiProblem("unreadable"));
    } finally {
      setAsking(false);
    }
  }, [take]);
  useEffect(() => void refresh(), [refresh]);
  const signedIn = session !== undefined;
  useEffect(() => {
    if (!signedIn) return;
    return onRefusal(({ code }) => {
      if (!ENDED.has(code)) return;
      if (code === "http.unauthenticated") {
        take(undefined);
        forget();
        toast.told(translate("kit:session.ended"));
      } else void refresh();
    });
  }, [signedIn, refresh, take, forget]);
  const gate = useMemo<SessionGate>(
    () => ({
      session,
      enter: (next) => {
        forget();
        take(next);
      },
      refresh,
      leave: async () => {
        await api.del("/api/v1/session").catch(() => undefined);
        forget();
        take(undefined);
      },
    }),
    [session, refresh, take, forget],
  );
  return { gate, asking, problem: session === undefined ? problem : undefined };
}
