import { TOTP } from "otpauth";

export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON body; undefined where the answer has none. */
  readonly body: Body;
  readonly text: string;
}

const LONGEST_CALL = 120_000;

/** Somebody who talks to a node over HTTP, with a session or a key: the demo, `lianfang import --url`, the tests. */
export class Client {
  readonly url: string;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.url = url.replace(/\/$/, "");
    this.headers = headers;
  }

  static withKey(url: string, secret: string): Client {
    return new Client(url, { authorization: `Bearer ${secret}` });
  }

  get<Body = unknown>(path: string, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.send<Body>("GET", path, undefined, headers);
  }

  post<Body = unknown>(
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    return this.send<Body>("POST", path, body, headers);
  }

  /** Text and bytes go as they are, everything else as JSON. */
  async send<Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const raw = typeof body === "string" || body instanceof Uint8Array;
    const type: Record<string, string> =
      body === undefined || raw ? {} : { "content-type": "application/json" };
    const response = await fetch(this.url + path, {
      method,
      headers: { ...this.headers, ...type, ...headers },
      ...(body === undefined ? {} : { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
      signal: AbortSignal.timeout(LONGEST_CALL),
    });
    const text = await response.text();
    const json = /[/+]json\b/.test(response.headers.get("content-type") ?? "") && text !== "";
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (json ? JSON.parse(text) : undefined) as Body,
    };
  }

  /** As `post`, for what must succeed: answers the body, throws the refusal. */
  async make<Body>(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Body> {
    const answer = await this.post<Body>(path, body, headers);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }
}

export interface OpenSession {
  readonly client: Client;
  readonly session: { readonly org: { readonly id: string; readonly name: string }; readonly state: string };
}

interface SessionBody {
  csrfToken: string;
  org: { id: string; name: string };
  state: string;
}

/** Signs in and answers a client that bears the cookie and the token. */
export async function signIn(
  url: string,
  name: string,
  password: string,
  code?: string,
): Promise<OpenSession> {
  const given = { name, password, ...(code === undefined ? {} : { code }) };
  const answer = await new Client(url).post<SessionBody>("/api/v1/session", given);
  if (answer.status !== 200) throw new Error(`sign-in of ${name}: ${answer.status} ${answer.text}`);
  const cookie = (answer.headers.getSetCookie()[0] ?? "").split(";", 1)[0] ?? "";
  return { client: new Client(url, { cookie, "x-csrf-token": answer.body.csrfToken }), session: answer.body };
}

/**
 * Takes a one-time password all the way to an open console: own password, and the one-time code where it is wanted.
 * `at` is the node's time in milliseconds, where that is not the machine's.
 */
export async function enrol(
  url: string,
  name: string,
  oneTimePassword: string,
  password: string,
  at: () => number = Date.now,
): Promise<OpenSession & { totpSecret: string | undefined }> {
  const { client } = await signIn(url, name, oneTimePassword);
  await client.make("/api/v1/session/password", { current: oneTimePassword, next: password });
  const { body: session } = await client.get<SessionBody>("/api/v1/session");
  if (session.state !== "enrolment-needed") return { client, session, totpSecret: undefined };
  const { secret } = await client.make<{ secret: string }>("/api/v1/session/totp");
  await client.make("/api/v1/session/totp/confirm", {
    code: new TOTP({ secret }).generate({ timestamp: at() }),
  });
  return { client, session: { ...session, state: "ok" }, totpSecret: secret };
}
