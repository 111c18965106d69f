import assert from "node:assert/strict";
import { test } from "node:test";
import { importTexts } from "./import-texts.ts";
import { placeWords } from "./place.ts";

test("places of a file are words of the screen, and paths into JSON stay as they are", () => {
  const said = (texts: Readonly<Record<string, string>>) => (path: string) =>
    placeWords(path, (key, facts = {}) =>
      (texts[key] ?? assert.fail(key)).replace(/\{\{(\w+)\}\}/g, (_, name: string) => facts[name] ?? ""),
    );
  const [zh, en] = [said(importTexts.zh), said(importTexts.en)];
  assert.deepEqual(["line 7", "line 7, value 2", "page 3, line 4", "object 12", "source", "file"].map(zh), [
    "第 7 行",
    "第 7 行，第 2 個值",
    "第 3 頁，第 4 行",
    "第 12 個物件",
    "來源",
    "檔案",
  ]);
  assert.deepEqual(["line 7, value 2", "page 3, line 4", "object 12"].map(en), [
    "line 7, value 2",
    "page 3, line 4",
    "object 12",
  ]);
  for (const path of ["Event.Attribute.4.type", "objects.3", "", "line x", "toString"])
    assert.equal(zh(path), path);
});
