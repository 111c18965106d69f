import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { dirname, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { type Fault, Problem } from "../../core/problem.ts";
import { Config } from "./config.ts";

/**
 * Reads the YAML file (when there is one) and the environment over it, and validates the whole at once.
 * `LIANFANG_HTTP__PORT=9090` sets `http.port`: two underscores for a dot; values are read as YAML.
 * Throws Problem `config.invalid` with every fault and its path (and line, for the file).
 */
export function loadConfig(options: { file?: string; env?: NodeJS.ProcessEnv } = {}): Config {
  const { tree, lines, faults } = readFile(options.file);
  if (options.file !== undefined) placeFiles(tree, dirname(options.file));
  mergeEnvironment(tree, options.env ?? {}, faults);
  const read = Config.safeParse(tree);
  if (!read.success)
    faults.push(...read.error.issues.flatMap((issue) => faultOf(issue, options.file, lines)));
  const whole = read.success ? read : Config.safeParse(without(tree, read.error.issues));
  if (whole.success)
    faults.push(...crossFaults(whole.data).map((fault) => placed(fault, options.file, lines)));
  if (faults.length > 0 || !read.success) {
    const detail =
      faults.length === 1 ? "one fault in the configuration" : `${faults.length} faults in the configuration`;
    throw new Problem("config.invalid", { detail, faults });
  }
  return read.data;
}

/** Settings that name a file of a certificate, a key or credentials. */
const SECURITY_FILES = [
  "http.tls.cert",
  "http.tls.key",
  "http.tls.clientCa",
  "http.tls.clientCrl",
  "peers.ca",
  "ingest.tls.cert",
  "ingest.tls.key",
  "ingest.tls.ca",
  "ingest.tls.crl",
  "ingest.nats.credentials",
  "ingest.nats.tls.ca",
  "ingest.nats.tls.cert",
  "ingest.nats.tls.key",
];

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at a path, and the group that holds it. */
function placeOf(tree: object, path: string): { group: Tree; name: string } | undefined {
  const names = path.split(".");
  const name = names.pop() ?? "";
  let group: unknown = tree;
  for (const each of names) group = isTree(group) ? group[each] : undefined;
  return isTree(group) ? { group, name } : undefined;
}

/** Such files of the configuration file lie where it lies, from wherever the node is started. */
function placeFiles(tree: Tree, folder: string): void {
  for (const path of SECURITY_FILES) {
    const place = placeOf(tree, path);
    const file = place?.group[place.name];
    if (place !== undefined && typeof file === "string" && file !== "")
      place.group[place.name] = resolve(folder, file);
  }
}

/** The tree without the settings that are wrong by themselves, so that the rules between the others are still checked. */
function without(tree: Tree, issues: readonly z.core.$ZodIssue[]): Tree {
  const copy = structuredClone(tree);
  for (const issue of issues) {
    const keys = issue.code === "unrecognized_keys" ? issue.keys : [issue.path.at(-1)];
    const parents = issue.code === "unrecognized_keys" ? issue.path : issue.path.slice(0, -1);
    let at: unknown = copy;
    for (const part of parents)
      at = typeof at === "object" && at !== null ? Reflect.get(at, part) : undefined;
    if (typeof at !== "object" || at === null) continue;
    for (const key of keys) if (key !== undefined) Reflect.deleteProperty(at, key);
  }
  return copy;
}

function placed(
  fault: Fault,
  file: string | undefined,
  lineOf: (path: PropertyKey[]) => number | undefined,
): Fault {
  const line = lineOf(fault.path.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part)));
  return line === undefined ? fault : { ...fault, message: `${fault.message} (${file}:${line})` };
}

type Tree = Record<string, unknown>;

function readFile(file: string | undefined): {
  tree: Tree;
  lines: (path: PropertyKey[]) => number | undefined;
  faults: Fault[];
} {
  if (file === undefined) return { tree: {}, lines: () => undefined, faults: [] };
  if (!existsSync(file)) {
    throw new Problem("config.invalid", { faults: [{ path: file, message: "there is no such file" }] });
  }
  const counter = new LineCounter();
  const document = parseDocument(readFileSync(file, "utf8"), { lineCounter: counter });
  const faults = document.errors.map((error) => ({
    path: `${file}:${error.linePos?.[0].line ?? 1}`,
    message: error.message.split("\n", 1)[0] ?? "not YAML",
  }));
  const content: unknown = faults.length === 0 ? document.toJS() : {};
  if (!isTree(content) && content !== null)
    faults.push({ path: `${file}:1`, message: "the file must be a map of settings" });
  return {
    tree: isTree(content) ? content : {},
    faults,
    lines: (path) => {
      for (let length = path.length; length > 0; length--) {
        const node = document.getIn(path.slice(0, length), true) as
          | { range?: [number, number, number] }
          | undefined;
        if (node?.range !== undefined) return counter.linePos(node.range[0]).line;
      }
      return undefined;
    },
  };
}

const PREFIX = "LIANFANG_";
/** Variables that bear the prefix and are no setting. */
const OTHERS = new Set([
  "LIANFANG_CONFIG",
  "LIANFANG_KEY",
  "LIANFANG_PICTURES",
  "LIANFANG_TEST_POSTGRES",
  "LIANFANG_TEST_CHROMIUM",
]);

function mergeEnvironment(tree: Tree, env: NodeJS.ProcessEnv, faults: Fault[]): void {
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(PREFIX) || OTHERS.has(name) || text === undefined) continue;
    const path = name.slice(PREFIX.length).split("__").map(camel);
    const document = parseDocument(text);
    if (document.errors.length > 0) faults.push({ path: name, message: "the value is not YAML" });
    else {
      const value = document.toJS() as unknown;
      const off = value === null || value === false || value === "off";
      setAt(tree, path, off && SWITCHED.has(path.join(".")) ? undefined : value);
    }
  }
}

/** Groups that are on by being there; a variable that says `off` for one goes before the file that has it. */
const SWITCHED = new Set(["http.tls", "ingest.udp", "ingest.tcp", "ingest.tls", "ingest.nats"]);

/** `PUBLIC_URL` -> `publicUrl`. */
function camel(part: string): string {
  return part.toLowerCase().replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}

function setAt(tree: Tree, path: string[], value: unknown): void {
  let at = tree;
  for (const part of path.slice(0, -1)) {
    if (typeof at[part] !== "object" || at[part] === null)
      Object.defineProperty(at, part, { value: {}, enumerable: true, writable: true });
    at = at[part] as Tree;
  }
  const last = path.at(-1);
  if (last !== undefined) Object.defineProperty(at, last, { value, enumerable: true, writable: true });
}

function faultOf(
  issue: z.core.$ZodIssue,
  file: string | undefined,
  lineOf: (path: PropertyKey[]) => number | undefined,
): Fault[] {
  const paths =
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
  return paths.map((path) => {
    const line = lineOf(path);
    const place = line === undefined ? "" : ` (${file}:${line})`;
    const message = issue.code === "unrecognized_keys" ? "there is no such setting" : issue.message;
    return { path: path.map(String).join(".") || "(whole)", message: `${message}${place}` };
  });
}

/** Rules between settings. A public address needs TLS or a proxy that the node is told to trust. */
function crossFaults(config: Config): Fault[] {
  const faults: Fault[] = [];
  if (
    !isLoopback(config.http.host) &&
    config.http.tls === undefined &&
    config.http.trustedProxy === undefined
  ) {
    faults.push({
      path: "http.host",
      message: `${config.http.host} is a public address: give http.tls, or http.trustedProxy when a proxy ends TLS in front`,
    });
  }
  for (const part of ["udp", "tcp"] as const) {
    const listener = config.ingest[part];
    if (listener !== undefined && !isLoopback(listener.host) && listener.plaintext !== true) {
      faults.push({
        path: `ingest.${part}.host`,
        message: `${listener.host} is a public address and syslog is not encrypted: say ingest.${part}.plaintext: true`,
      });
    }
  }
  for (const path of SECURITY_FILES) {
    const place = placeOf(config, path);
    const file = place?.group[place.name];
    if (typeof file === "string" && !existsSync(file))
      faults.push({ path, message: `${file} does not exist` });
  }
  if (!/^(pglite$|postgres(ql)?:\/\/)/.test(config.records.url)) {
    faults.push({ path: "records.url", message: "pglite or a postgres:// address" });
  }
  if (!/^(chdb$|https?:\/\/)/.test(config.events.url)) {
    faults.push({ path: "events.url", message: "chdb or an http(s):// address of ClickHouse" });
  }
  if (config.mail.smtp !== undefined && !/^smtps?:\/\/[^/]/.test(config.mail.smtp)) {
    faults.push({ path: "mail.smtp", message: "smtp:// or smtps:// and a host" });
  }
  for (const [at, source] of config.ingest.sources.entries()) {
    const path = `ingest.sources.${at}`;
    if (source.address !== undefined && !isPrefix(source.address))
      faults.push({ path: `${path}.address`, message: "an IP address or prefix" });
    const { name, sha256 } = source.certificate ?? {};
    if (name === undefined && sha256 === undefined) {
      if (source.certificate !== undefined)
        faults.push({ path: `${path}.certificate`, message: "give a name, sha256, or both" });
      else if (source.address === undefined)
        faults.push({ path, message: "give an address, a certificate, or both" });
    } else if (config.ingest.tls === undefined) {
      faults.push({
        path: `${path}.certificate`,
        message: "only ingest.tls sees certificates, and it is off",
      });
    } else if (sha256 === undefined && config.ingest.tls.ca === undefined) {
      faults.push({
        path: `${path}.certificate.name`,
        message: "a name is believed only with ingest.tls.ca",
      });
    }
  }
  return faults;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function isPrefix(text: string): boolean {
  const [address = "", length] = text.split("/", 2);
  const family = isIP(address);
  if (family === 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128));
}
