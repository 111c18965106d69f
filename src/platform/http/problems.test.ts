import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { faultsOf } from "./problems.ts";

const Body = z.union([
  z.object({
    url: z.union([
      z.url({ error: "an address is wanted" }),
      z.string().regex(/^[a-z.]+$/, "a domain is wanted"),
    ]),
    login: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("token"), token: z.string().min(1) }),
      z.object({ kind: z.literal("basic"), user: z.string(), password: z.string() }),
    ]),
  }),
  z.object({ id: z.uuid() }),
]);

const pathsOf = (given: unknown) => {
  const { error } = Body.safeParse(given);
  assert.ok(error);
  return faultsOf(error, "body").map(({ path }) => path);
};

test("what fits none of several forms is told field by field, of the forms that come nearest", () => {
  assert.deepEqual(pathsOf({ address: "x", login: { kind: "token", token: "a" } }), ["body.url", "body.id"]);
  assert.deepEqual(pathsOf({ url: "a.example", login: { kind: "key" } }), ["body.login.kind", "body.id"]);
  assert.deepEqual(pathsOf({ url: "a.example", login: { kind: "basic" } }), [
    "body.login.user",
    "body.login.password",
    "body.id",
  ]);
  assert.deepEqual(pathsOf(7), ["body"]);
});

test("of several forms of one field the reasons are told together", () => {
  const { error } = Body.safeParse({ url: "1", login: { kind: "token", token: "a" } });
  assert.ok(error);
  assert.equal(faultsOf(error, "body")[0]?.message, "an address is wanted; or a domain is wanted");
});
