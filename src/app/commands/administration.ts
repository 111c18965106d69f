import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { ROLES } from "../../core/access.ts";
import type { Page } from "../../core/page.ts";
import { configOf, printJson, withConfig } from "./configured.ts";
import { type LocalNode, withLocalNode } from "./local-node.ts";

interface Org {
  id: string;
  shortName: string;
  name: string;
}
interface Account {
  id: string;
  orgId: string;
  name: string;
  displayName: string;
  roles: string[];
  state: string;
  lastSignInAt: string | null;
}
interface Key {
  id: string;
  orgId: string;
  name: string;
  prefix: string;
  certificate: { name: string | null; sha256: string | null } | null;
  permissions: string[];
  expiresAt: string;
  revokedAt: string | null;
}

/** So many names are told when one is not found. */
const SOME_ORGS = 10;

interface Shared {
  config?: string;
  json?: boolean;
}

export function addAdministration(program: Command): void {
  addAudit(program);
  addUsers(program);
  addKeys(program);
}

function addAudit(program: Command): void {
  const audit = program.command("audit").description("the tamper-evident log of who did what");
  withConfig(
    audit
      .command("verify")
      .description("checks the hash chain and its signed checkpoints; exits 1 on a fault"),
  )
    .option("--json", "JSON lines")
    .action(async (options: Shared) => {
      const report = await withLocalNode(configOf(options), (node) =>
        node.ask<{ rows: number; checkpoints: number; faults: { seq: number; message: string }[] }>({
          method: "POST",
          path: "/api/v1/audit/verify",
        }),
      );
      if (options.json === true) printJson(report);
      else {
        for (const fault of report.faults) console.log(`row ${fault.seq}: ${fault.message}`);
        console.log(
          `${report.rows} rows, ${report.checkpoints} signed checkpoints, ${report.faults.length} faults`,
        );
      }
      if (report.faults.length > 0) process.exitCode = 1;
    });
}

function addUsers(program: Command): void {
  const users = program.command("users").description("people's accounts");
  withConfig(users.command("list").description("accounts of the node"))
    .option("--json", "JSON lines")
    .action(async (options: Shared) => {
      const accounts = await withLocalNode(configOf(options), (node) =>
        all<Account>(node, "/api/v1/accounts"),
      );
      for (const account of accounts) {
        if (options.json === true) printJson(account);
        else console.log(`${account.name.padEnd(24)} ${account.state.padEnd(9)} ${account.roles.join(",")}`);
      }
    });
  withConfig(users.command("add").description("a new account; prints its one-time password"))
    .argument("<name>")
    .requiredOption("--role <role...>", `one or more of ${ROLES.join(", ")}`)
    .option("--org <shortName>", "organisation", "authority")
    .option("--display <name>", "name shown to others")
    .option("--email <address>")
    .option("--json", "JSON lines")
    .action(
      async (
        name: string,
        options: Shared & { role: string[]; org: string; display?: string; email?: string },
      ) => {
        const made = await withLocalNode(configOf(options), async (node) =>
          node.ask<{ account: Account; oneTimePassword: string }>({
            method: "POST",
            path: "/api/v1/accounts",
            body: {
              orgId: await orgId(node, options.org),
              name,
              displayName: options.display ?? name,
              email: options.email ?? null,
              roles: options.role,
            },
          }),
        );
        if (options.json === true) printJson(made);
        else console.log(`${made.account.name}: one-time password ${made.oneTimePassword}`);
      },
    );
  withConfig(users.command("reset").description("back to a one-time password; also opens a locked account"))
    .argument("<name>")
    .option("--json", "JSON lines")
    .action(async (name: string, options: Shared) => {
      const made = await withLocalNode(configOf(options), async (node) => {
        const found = (await all<Account>(node, `/api/v1/accounts?q=${encodeURIComponent(name)}`)).find(
          (account) => account.name === name,
        );
        if (found === undefined) throw new Error(`there is no account ${name}`);
        return node.ask<{ oneTimePassword: string }>({
          method: "POST",
          path: `/api/v1/accounts/${found.id}/reset`,
        });
      });
      if (options.json === true) printJson(made);
      else console.log(`${name}: one-time password ${made.oneTimePassword}`);
    });
}

function addKeys(program: Command): void {
  const keys = program.command("keys").description("machines' keys");
  withConfig(keys.command("list").description("keys of the node"))
    .option("--json", "JSON lines")
    .action(async (options: Shared) => {
      const list = await withLocalNode(configOf(options), (node) => all<Key>(node, "/api/v1/keys"));
      if (list.length === 0 && options.json !== true) console.log("no keys");
      for (const key of list) {
        if (options.json === true) printJson(key);
        else {
          const state = key.revokedAt === null ? `until ${key.expiresAt.slice(0, 10)}` : "revoked";
          const shown = key.certificate === null ? `${key.prefix}...` : certificateText(key.certificate);
          console.log(`${key.id}  ${shown}  ${state}  ${key.name}  ${key.permissions.join(",")}`);
        }
      }
    });
  withConfig(keys.command("issue").description("a new key; prints its secret once"))
    .argument("<name>")
    .requiredOption("--can <permission...>", "logs:ingest, taxii:read, ...")
    .option("--org <shortName>", "organisation", "authority")
    .option("--days <number>", "days until it expires", "365")
    .option("--certificate <file>", "PEM of the client certificate that stands for the key; no secret then")
    .option("--certificate-name <name>", "name of such certificates under http.tls.clientCa; no secret then")
    .option("--json", "JSON lines")
    .action(async (name: string, options: Shared & IssueOptions) => {
      const made = await withLocalNode(configOf(options), async (node) =>
        node.ask<{ key: Key; secret: string | null }>({
          method: "POST",
          path: "/api/v1/keys",
          body: {
            orgId: await orgId(node, options.org),
            name,
            permissions: options.can,
            expiresInDays: Number(options.days),
            ...loginOf(options),
          },
        }),
      );
      if (options.json === true) printJson(made);
      else console.log(made.secret ?? (made.key.certificate && certificateText(made.key.certificate)));
    });
  withConfig(keys.command("revoke").description("ends a key at once"))
    .argument("<id>")
    .action(async (id: string, options: Shared) => {
      await withLocalNode(configOf(options), (node) =>
        node.ask({ method: "DELETE", path: `/api/v1/keys/${encodeURIComponent(id)}` }),
      );
      console.log("revoked");
    });
}

interface IssueOptions {
  readonly can: string[];
  readonly org: string;
  readonly days: string;
  readonly certificate?: string;
  readonly certificateName?: string;
}

function loginOf({ certificate, certificateName }: IssueOptions): object {
  if (certificate !== undefined)
    return { login: "certificate", certificate: readFileSync(certificate, "utf8") };
  return certificateName === undefined ? {} : { login: "certificate-name", certificateName };
}

function certificateText({ name, sha256 }: NonNullable<Key["certificate"]>): string {
  return `certificate ${name ?? sha256}`;
}

async function all<Item>(node: LocalNode, path: string): Promise<Item[]> {
  const items: Item[] = [];
  const joint = path.includes("?") ? "&" : "?";
  for (let cursor: string | undefined = ""; cursor !== undefined; ) {
    const page: Page<Item> = await node.ask({
      method: "GET",
      path: `${path}${joint}limit=200${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
    });
    items.push(...page.items);
    cursor = page.next;
  }
  return items;
}

async function orgId(node: LocalNode, shortName: string): Promise<string> {
  const orgs = await all<Org>(node, "/api/v1/orgs");
  const found = orgs.find((org) => org.shortName === shortName || org.id === shortName);
  if (found === undefined) {
    const some = orgs.slice(0, SOME_ORGS).map((org) => org.shortName);
    const more = orgs.length > SOME_ORGS ? ` and ${orgs.length - SOME_ORGS} more` : "";
    throw new Error(`there is no organisation ${shortName}; there are ${some.join(", ")}${more}`);
  }
  return found.id;
}
