import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { PERMISSIONS, ROLES } from "../core/access.ts";
import { SECTORS } from "../core/org.ts";
import { PROBLEMS } from "../core/problem.ts";
import { TLP_LEVELS } from "../core/tlp.ts";
import { kitTexts } from "../web/texts/kit.ts";
import { problemTexts } from "../web/texts/problems.ts";
import { doors } from "./console-doors.ts";

const systems = new URL("../systems/", import.meta.url);
const namespaces = new Map<
  string,
  { zh: Readonly<Record<string, string>>; en: Readonly<Record<string, string>> }
>([
  ["kit", kitTexts],
  ["problem", problemTexts],
  ...doors.map((door) => [door.namespace, door.texts] as const),
]);

const CJK = /[\u3400-\u9fff\uff00-\uffef\u3000-\u303f]/;

test("every system with pages is on the list of doors", () => {
  const withPages = readdirSync(systems).filter((name) =>
    existsSync(new URL(`${name}/web/index.ts`, systems)),
  );
  const list = readFileSync(new URL("./console-doors.ts", import.meta.url), "utf8");
  assert.deepEqual(
    withPages.filter((name) => !list.includes(`"../systems/${name}/web/index.ts"`)),
    [],
  );
});

test("both languages hold the same texts, each in its own script", () => {
  for (const [namespace, { zh, en }] of namespaces) {
    assert.deepEqual(Object.keys(en).toSorted(), Object.keys(zh).toSorted(), namespace);
    for (const [key, text] of Object.entries(en)) {
      assert.doesNotMatch(text, CJK, `${namespace}:${key} in English`);
      assert.notEqual(text.trim(), "", `${namespace}:${key}`);
    }
    for (const [key, text] of Object.entries(zh)) {
      const foreign = text.replaceAll(/\{\{\w+\}\}/g, "");
      const acronym = /^[A-Z][A-Za-z0-9 .-]{0,24}$/.test(foreign.trim());
      assert.ok(
        CJK.test(foreign) || acronym || foreign.trim() === "",
        `${namespace}:${key} in Chinese: ${text}`,
      );
    }
  }
});

test("both languages fill in the same values", () => {
  const places = (text: string | undefined) =>
    [...(text ?? "").matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).toSorted();
  for (const [namespace, { zh, en }] of namespaces) {
    for (const key of Object.keys(zh))
      assert.deepEqual(places(en[key]), places(zh[key]), `${namespace}:${key}`);
  }
});

test("every refusal, role, sector and marking has its words", () => {
  const missing = (table: object, keys: readonly string[]) => keys.filter((key) => !(key in table));
  assert.deepEqual(missing(problemTexts.zh, Object.keys(PROBLEMS)), []);
  assert.deepEqual(
    missing(
      kitTexts.zh,
      ROLES.map((role) => `role.${role}`),
    ),
    [],
  );
  assert.deepEqual(
    missing(
      kitTexts.zh,
      SECTORS.map((sector) => `sector.${sector}`),
    ),
    [],
  );
  assert.deepEqual(
    missing(
      kitTexts.zh,
      TLP_LEVELS.map((tlp) => `tlp.${tlp}`),
    ),
    [],
  );
});

test("every page has its own address, its own key and words for its name", () => {
  const pages = doors.flatMap((door) => [...door.pages]);
  const twice = (values: readonly string[]) => values.filter((value, at) => values.indexOf(value) !== at);
  assert.deepEqual(twice(pages.map((page) => page.path)), []);
  assert.deepEqual(twice(["h", ...pages.flatMap((page) => page.nav?.key ?? [])]), []);
  const keys = [
    ...pages.flatMap((page) => [page.title, page.nav?.label]),
    ...doors.flatMap((door) => (door.search ?? []).map((provider) => provider.label)),
  ].filter((key) => key !== undefined);
  for (const key of keys) {
    const [namespace = "", ...rest] = key.split(":");
    assert.ok(rest.join(":") in (namespaces.get(namespace)?.zh ?? {}), `no text for ${key}`);
  }
  for (const page of pages) {
    assert.ok(page.title !== undefined || page.nav !== undefined, `${page.path} needs a title`);
    assert.ok(PERMISSIONS.includes(page.needs));
  }
});

test("every text that a page asks for by name exists", () => {
  for (const name of readdirSync(systems)) {
    const folder = new URL(`${name}/web/`, systems);
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((one) =>
      one.endsWith(".tsx"),
    )) {
      const source = readFileSync(new URL(file, folder), "utf8");
      const namespace = /useTexts\("([\w-]+)"\)/.exec(source)?.[1];
      for (const [, key = ""] of source.matchAll(/\bt\("([^"]+)"/g)) {
        const [first = "", second] = key.split(":");
        const table = namespaces.get(second === undefined ? (namespace ?? "kit") : first)?.zh ?? {};
        assert.ok((second ?? first) in table, `${name}/web/${file} asks for ${key}`);
      }
    }
  }
});
