import { createContext, useContext } from "react";
import type { Permission, Role } from "../core/access.ts";
import type { Tlp } from "../core/tlp.ts";

/** Who is signed in, as the node tells at GET /api/v1/session. */
export interface Session {
  readonly account: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly org: OrgName;
  /** The own organisation and those it oversees. */
  readonly orgs: readonly OrgName[];
  readonly roles: readonly Role[];
  readonly permissions: readonly Permission[];
  readonly clearance: Tlp;
  readonly csrfToken: string;
  /** What the account owes before anything else opens. */
  readonly state: "ok" | "password-change-needed" | "enrolment-needed";
  readonly node: { readonly name: string; readonly tier: string };
}

export interface OrgName {
  readonly id: string;
  readonly name: string;
  readonly nameEn?: string;
}

/** The session and what changes it; the shell provides it. */
export interface SessionGate {
  readonly session: Session | undefined;
  /** Takes the session that a sign-in or a paid debt answered. */
  enter(session: Session): void;
  /** Asks the node anew. */
  refresh(): Promise<void>;
  /** Ends the session on the node and forgets what was fetched. Drafts stay. */
  leave(): Promise<void>;
}

export const SessionContext = createContext<SessionGate | undefined>(undefined);

export function useSessionGate(): SessionGate {
  const gate = useContext(SessionContext);
  if (gate === undefined) throw new Error("outside of the console");
  return gate;
}

/** The session of the person at the screen. Only for pages, which are shown to nobody else. */
export function useSession(): Session {
  const { session } = useSessionGate();
  if (session === undefined) throw new Error("a page needs a session");
  return session;
}

/** Whether the person holds a right: for hiding what would be refused. */
export function useMay(permission: Permission): boolean {
  return useSession().permissions.includes(permission);
}

/** The name of an organisation that the session knows, in the language of the screen; undefined otherwise. */
export function useOrgName(): (id: string, language?: "zh" | "en") => string | undefined {
  const { orgs, org } = useSession();
  return (id, language = "zh") => {
    const found = org.id === id ? org : orgs.find((one) => one.id === id);
    return language === "en" && found?.nameEn ? found.nameEn : found?.name;
  };
}
