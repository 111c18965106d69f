import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { PageQuery, pageOf } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import type { Config } from "../../platform/config/config.ts";
import { type Route, route } from "../../platform/http/route.ts";
import { AccountStore } from "./accounts.ts";
import { ContactStore } from "./contacts.ts";
import { KeyStore } from "./keys.ts";
import {
  Account,
  AccountChange,
  ApiKey,
  Contact,
  ContactChange,
  IssuedApiKey,
  NewAccount,
  NewApiKey,
  NewContact,
  NewOrg,
  OneTimePassword,
  Org,
  OrgChange,
  PasswordChange,
  Session,
  SessionEntry,
  SignIn as SignInBody,
  TotpCode,
  TotpEnrolment,
} from "./model.ts";
import { OrganisationStore } from "./organisations.ts";
import { hashPassword, oneTimePassword } from "./secrets.ts";
import { SessionStore } from "./sessions.ts";
import { SESSION_COOKIE, type SignIn } from "./sign-in.ts";

const ById = z.object({ id: z.uuid() });
const Search = PageQuery.extend({ q: z.string().max(200).optional(), orgId: z.uuid().optional() });
/** Of lists whose cursor is the id of the last row shown. */
const SearchById = Search.omit({ q: true }).extend({ cursor: z.uuid().optional() });

export function memberRoutes(parts: { config: Config; signIn: SignIn }): Route[] {
  return [
    ...sessionRoutes(parts),
    ...orgRoutes(),
    ...accountRoutes(),
    ...contactRoutes(),
    ...keyRoutes(parts.config),
  ];
}

function sessionRoutes({ config, signIn }: { config: Config; signIn: SignIn }): Route[] {
  const secure = config.http.tls !== undefined || config.http.trustedProxy !== undefined;
  const setCookie = (reply: FastifyReply, value: string, maxAge: number) =>
    reply.setCookie(SESSION_COOKIE, value, { path: "/", httpOnly: true, sameSite: "strict", secure, maxAge });
  const describe = async (secret: string | undefined): Promise<Session> => {
    const session = secret === undefined ? undefined : await signIn.describe(secret);
    if (session === undefined) throw new Problem("http.unauthenticated");
    return session;
  };
  const fromOf = (request: FastifyRequest) => ({
    address: request.ip,
    agent: request.headers["user-agent"] ?? "",
  });
  return [
    route({
      id: "session.get",
      method: "GET",
      path: "/api/v1/session",
      summary: "Who is signed in, and what that person may do",
      needs: "public",
      response: Session,
      handler: ({ request }) => describe(request.cookies[SESSION_COOKIE]),
    }),
    route({
      id: "session.open",
      method: "POST",
      path: "/api/v1/session",
      summary: "Sign in",
      needs: "public",
      perMinute: 30,
      body: SignInBody,
      response: Session,
      handler: async ({ body, request, reply }) => {
        const secret = await signIn.signIn(body, fromOf(request));
        setCookie(reply, secret, config.access.sessionHours * 3600);
        return describe(secret);
      },
    }),
    route({
      id: "session.close",
      method: "DELETE",
      path: "/api/v1/session",
      summary: "Sign out",
      needs: "self:use",
      duringEnrolment: true,
      response: z.void(),
      handler: async ({ request, reply, within }) => {
        const { id } = signIn.sessionOf(request);
        await within((work) => new SessionStore(work).revoke(id));
        setCookie(reply, "", 0);
      },
    }),
    route({
      id: "session.password",
      method: "POST",
      path: "/api/v1/session/password",
      summary: "Choose a new password; every other session ends",
      needs: "self:use",
      duringEnrolment: true,
      perMinute: 10,
      body: PasswordChange,
      response: z.void(),
      handler: ({ request, body }) =>
        signIn.changePassword(signIn.sessionOf(request), body.current, body.next),
    }),
    route({
      id: "session.totp-offer",
      method: "POST",
      path: "/api/v1/session/totp",
      summary: "A new secret for an authenticator app; counts once its first code is confirmed",
      needs: "self:use",
      duringEnrolment: true,
      response: TotpEnrolment,
      handler: ({ request }) => signIn.offerTotp(signIn.sessionOf(request)),
    }),
    route({
      id: "session.totp-confirm",
      method: "POST",
      path: "/api/v1/session/totp/confirm",
      summary: "Confirm the authenticator app with its first code",
      needs: "self:use",
      duringEnrolment: true,
      perMinute: 10,
      body: TotpCode,
      response: z.void(),
      handler: ({ request, body }) => signIn.confirmTotp(signIn.sessionOf(request), body.code),
    }),
    route({
      id: "sessions.list",
      method: "GET",
      path: "/api/v1/sessions",
      summary: "One's own open sessions",
      needs: "self:use",
      response: z.array(SessionEntry),
      handler: ({ request, within }) => {
        const { id } = signIn.sessionOf(request);
        return within((work) => new SessionStore(work).list(id));
      },
    }),
    route({
      id: "sessions.revoke",
      method: "DELETE",
      path: "/api/v1/sessions/:id",
      summary: "End one of one's own sessions",
      needs: "self:use",
      params: ById,
      response: z.void(),
      handler: ({ params, within }) => within((work) => new SessionStore(work).revoke(params.id)),
    }),
  ];
}

function orgRoutes(): Route[] {
  return [
    route({
      id: "orgs.list",
      method: "GET",
      path: "/api/v1/orgs",
      summary: "Organisations in sight",
      needs: "members:read",
      query: Search,
      response: pageOf(Org),
      handler: ({ query, within }) => within((work) => new OrganisationStore(work).list(query)),
    }),
    route({
      id: "orgs.get",
      method: "GET",
      path: "/api/v1/orgs/:id",
      summary: "One organisation",
      needs: "members:read",
      params: ById,
      response: Org,
      handler: ({ params, within }) => within((work) => new OrganisationStore(work).get(params.id)),
    }),
    route({
      id: "orgs.create",
      method: "POST",
      path: "/api/v1/orgs",
      summary: "A new organisation below one in sight",
      needs: "members:manage",
      status: 201,
      body: NewOrg,
      response: Org,
      handler: ({ body, within }) => within((work) => new OrganisationStore(work).create(body)),
    }),
    route({
      id: "orgs.change",
      method: "PATCH",
      path: "/api/v1/orgs/:id",
      summary: "Change an organisation, or move it in the tree",
      needs: "members:manage",
      params: ById,
      body: OrgChange,
      response: Org,
      handler: ({ params, body, within }) =>
        within((work) => new OrganisationStore(work).change(params.id, body)),
    }),
  ];
}

function accountRoutes(): Route[] {
  return [
    route({
      id: "accounts.list",
      method: "GET",
      path: "/api/v1/accounts",
      summary: "Accounts in sight",
      needs: "members:manage",
      query: Search,
      response: pageOf(Account),
      handler: ({ query, within }) => within((work) => new AccountStore(work).list(query)),
    }),
    route({
      id: "accounts.get",
      method: "GET",
      path: "/api/v1/accounts/:id",
      summary: "One account",
      needs: "members:manage",
      params: ById,
      response: Account,
      handler: ({ params, within }) => within((work) => new AccountStore(work).get(params.id)),
    }),
    route({
      id: "accounts.create",
      method: "POST",
      path: "/api/v1/accounts",
      summary: "A new account; its one-time password is in the answer and never shown again",
      needs: "members:manage",
      status: 201,
      body: NewAccount,
      response: OneTimePassword,
      handler: async ({ body, within }) => {
        const password = oneTimePassword();
        const hashed = await hashPassword(password);
        const account = await within((work) => new AccountStore(work).create(body, hashed));
        return { account, oneTimePassword: password };
      },
    }),
    route({
      id: "accounts.change",
      method: "PATCH",
      path: "/api/v1/accounts/:id",
      summary: "Change name, mail, roles or state",
      needs: "members:manage",
      params: ById,
      body: AccountChange,
      response: Account,
      handler: ({ params, body, within }) => within((work) => new AccountStore(work).change(params.id, body)),
    }),
    route({
      id: "accounts.reset",
      method: "POST",
      path: "/api/v1/accounts/:id/reset",
      summary: "Back to a one-time password and no second factor; every session ends",
      needs: "members:manage",
      params: ById,
      response: OneTimePassword,
      handler: async ({ params, within }) => {
        const password = oneTimePassword();
        const hashed = await hashPassword(password);
        const account = await within((work) => new AccountStore(work).reset(params.id, hashed));
        return { account, oneTimePassword: password };
      },
    }),
  ];
}

function contactRoutes(): Route[] {
  return [
    route({
      id: "contacts.list",
      method: "GET",
      path: "/api/v1/contacts",
      summary: "Contacts in sight",
      needs: "members:read",
      query: SearchById,
      response: pageOf(Contact),
      handler: ({ query, within }) => within((work) => new ContactStore(work).list(query)),
    }),
    route({
      id: "contacts.create",
      method: "POST",
      path: "/api/v1/contacts",
      summary: "A new contact",
      needs: "members:manage",
      status: 201,
      body: NewContact,
      response: Contact,
      handler: ({ body, within }) => within((work) => new ContactStore(work).create(body)),
    }),
    route({
      id: "contacts.change",
      method: "PATCH",
      path: "/api/v1/contacts/:id",
      summary: "Change or confirm a contact",
      needs: "members:manage",
      params: ById,
      body: ContactChange,
      response: Contact,
      handler: ({ params, body, within }) => within((work) => new ContactStore(work).change(params.id, body)),
    }),
    route({
      id: "contacts.remove",
      method: "DELETE",
      path: "/api/v1/contacts/:id",
      summary: "Remove a contact",
      needs: "members:manage",
      params: ById,
      response: z.void(),
      handler: ({ params, within }) => within((work) => new ContactStore(work).remove(params.id)),
    }),
  ];
}

function keyRoutes({ http: { tls } }: Config): Route[] {
  const asked = tls?.clientCertificates === true;
  const certificates = { asked, byName: asked && tls?.clientCa !== undefined };
  return [
    route({
      id: "keys.list",
      method: "GET",
      path: "/api/v1/keys",
      summary: "Keys of machines in sight",
      needs: "keys:manage",
      query: SearchById,
      response: pageOf(ApiKey),
      handler: ({ query, within }) => within((work) => new KeyStore(work).list(query)),
    }),
    route({
      id: "keys.issue",
      method: "POST",
      path: "/api/v1/keys",
      summary:
        "A new key, or a client certificate that stands for one; a secret is in the answer and never shown again",
      needs: "keys:manage",
      status: 201,
      body: NewApiKey,
      response: IssuedApiKey,
      handler: ({ body, within }) => within((work) => new KeyStore(work).issue(body, certificates)),
    }),
    route({
      id: "keys.revoke",
      method: "DELETE",
      path: "/api/v1/keys/:id",
      summary: "Revoke a key at once",
      needs: "keys:manage",
      params: ById,
      response: ApiKey,
      handler: ({ params, within }) => within((work) => new KeyStore(work).revoke(params.id)),
    }),
  ];
}
