import { test } from "node:test";
import { crash } from "./support/crash.ts";

const ROUNDS = 20;

test(`kill -9 at ${ROUNDS} random moments of ingesting and reporting: nothing acknowledged is lost, nothing is there twice`, async (t) => {
  await crash(ROUNDS, (line) => t.diagnostic(line));
});
