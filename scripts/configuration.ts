/** Writes docs/configuration.md from the configuration's own schema: node scripts/configuration.ts. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Config } from "../src/platform/config/config.ts";

/** A JSON Schema as far as the configuration uses it. */
interface Shape {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

export interface Setting {
  /** `http.port`; `[]` stands for each entry of a list. */
  readonly path: string;
  /** The variable that sets it; a setting within a list has none of its own. */
  readonly environment: string | undefined;
  readonly type: string;
  /** As JSON; undefined where there is none. */
  readonly default: string | undefined;
  readonly required: boolean;
  readonly meaning: string;
}

const schema = z.toJSONSchema(Config, { io: "input" }) as Shape;

/** Every setting of a node in the order of the schema. */
export function settings(): Setting[] {
  return [...settingsBelow(schema, [])];
}

function* settingsBelow(shape: Shape, above: readonly string[]): Generator<Setting> {
  for (const [name, below] of Object.entries(shape.properties ?? {})) {
    const path = [...above, name];
    const group = below.properties !== undefined;
    // A group that is always there says nothing by itself; one that may be absent is switched on by being there.
    if (!group || below.default === undefined)
      yield setting(path, below, shape.required?.includes(name) ?? false);
    yield* settingsBelow(below, path);
    if (below.items?.properties !== undefined) yield* settingsBelow(below.items, [...above, `${name}[]`]);
  }
}

function setting(path: readonly string[], shape: Shape, required: boolean): Setting {
  const inList = path.some((part) => part.endsWith("[]"));
  return {
    path: path.join("."),
    environment: inList ? undefined : `LIANFANG_${path.map(upper).join("__")}`,
    type: typeOf(shape),
    default: shape.default === undefined ? undefined : JSON.stringify(shape.default),
    required,
    meaning: shape.description ?? "",
  };
}

/** `publicUrl` -> `PUBLIC_URL`. */
function upper(part: string): string {
  return part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function typeOf(shape: Shape): string {
  if (shape.const !== undefined) return `\`${String(shape.const)}\``;
  if (shape.enum !== undefined) return shape.enum.map((one) => `\`${String(one)}\``).join(", ");
  if (shape.type === "array") return `list of ${shape.items === undefined ? "values" : typeOf(shape.items)}`;
  if (shape.type === "object") return "settings";
  if (shape.type === "boolean") return "`true`, `false`";
  if (shape.type === "string") return shape.format === "uri" ? "URL" : "text";
  return `${shape.type === "integer" ? "whole number" : "number"}${rangeOf(shape)}`;
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: Shape): string {
  const top = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (minimum !== undefined && top !== undefined) return ` ${minimum} to ${top}`;
  const above = exclusiveMinimum === undefined ? "" : ` above ${exclusiveMinimum}`;
  return top === undefined ? above : `${above} up to ${top}`;
}

const UNITS = ["KiB", "MiB", "GiB"];

/** 1048576 -> `1048576` (1 MiB), where the setting counts bytes. */
function defaultShown({ path, default: text, required }: Setting): string {
  if (text === undefined) return required ? "*required*" : "";
  const power = Math.floor(Math.log2(Number(text)) / 10);
  const unit = /bytes|limit/i.test(path) ? UNITS[power - 1] : undefined;
  return unit === undefined ? `\`${text}\`` : `\`${text}\` (${Number(text) / 1024 ** power} ${unit})`;
}

const EXAMPLE = `node:
  name: 水資源領域資安聯防平台
  tier: W
  sectors: [water]
  publicUrl: https://soc.example
data: /var/lib/lianfang
http:
  host: 127.0.0.1
  port: 8080
  trustedProxy: 127.0.0.1
ingest:
  udp: { port: 5514 }
  tcp: { port: 5514 }
  sources:
    - { name: head-office firewall, address: 10.31.4.0/24, org: authority, parser: fortigate }
    - { name: reservoir, address: 2001:db8:31::/48, org: north-reservoir }
mail:
  smtp: smtp://user:password@mail.example:587
  from: 聯防 <soc@soc.example>
`;

/** The text of docs/configuration.md. */
export function configurationPage(): string {
  const all = settings();
  const groups = Map.groupBy(all, ({ path }) => path.split(".")[0] ?? path);
  const tables = [...groups].map(([group, rows]) => `## ${group}\n\n${table(rows)}`);
  return `# Configuration

Everything has a default: a node starts without any configuration, on loopback, with its data in \`./data\`. What differs is written in a YAML file, named by \`--config FILE\`, by \`LIANFANG_CONFIG\`, or \`lianfang.yml\` in the working directory; an environment variable goes before the file. Variables are named after the path, two underscores for a dot (\`LIANFANG_HTTP__PORT=9090\`), and hold YAML: \`LIANFANG_NODE__SECTORS='[water, energy]'\`. Within a list (\`[]\`) there are no variables; the list as a whole has one. \`off\` switches off a group that is on by being there: \`LIANFANG_INGEST__UDP=off\`.

A node with a fault in its configuration does not start. It names every fault with its path and line, and exits with 2; \`lianfang doctor\` tells the same without starting.

\`\`\`yaml
${EXAMPLE}\`\`\`

This page is written by \`node scripts/configuration.ts\` from \`src/platform/config/config.ts\`; a test keeps them together. Files of certificates, keys and credentials that the YAML file names are relative to its folder; other paths, and those of variables, to the working directory.

${tables.join("\n\n")}
`;
}

function table(rows: readonly Setting[]): string {
  const lines = rows.map((row) => {
    const variable = row.environment === undefined ? "" : `\`${row.environment}\``;
    const meaning = row.meaning.replaceAll("|", "\\|").replaceAll("<", "\\<");
    return `| \`${row.path}\` | ${meaning} | ${row.type} | ${defaultShown(row)} | ${variable} |`;
  });
  return ["| setting | meaning | type | default | variable |", "|---|---|---|---|---|", ...lines].join("\n");
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, "../docs/configuration.md"), configurationPage());
  console.log("docs/configuration.md written");
}
