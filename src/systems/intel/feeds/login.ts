import type { NodeKey } from "../../../platform/crypto/node-key.ts";
import { FeedLogin } from "./model.ts";

type Sealing = Pick<NodeKey, "seal" | "unseal">;

const purposeOf = (feed: string) => `intel.feed ${feed}`;

/** The columns of a feed's login. */
export function sealedLogin(key: Sealing, feed: string, login: FeedLogin | null) {
  if (login === null) return { login_kind: null, login_sealed: null };
  return { login_kind: login.kind, login_sealed: key.seal(purposeOf(feed), JSON.stringify(login)) };
}

/** What a request bears for the login. */
export function loginHeaders(key: Sealing, feed: string, sealed: string | null): Record<string, string> {
  if (sealed === null) return {};
  const login = FeedLogin.parse(JSON.parse(key.unseal(purposeOf(feed), sealed)));
  if (login.kind === "header") return { [login.name.toLowerCase()]: login.value };
  if (login.kind === "bearer") return { authorization: `Bearer ${login.token}` };
  const pair = Buffer.from(`${login.user}:${login.password}`).toString("base64");
  return { authorization: `Basic ${pair}` };
}
