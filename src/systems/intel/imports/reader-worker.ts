import { parentPort } from "node:worker_threads";
import type { Found } from "./found.ts";
import { type ReadRequest, readImport } from "./read.ts";

/** What the thread is told: a file to read, or to go on. */
export type ReaderAsk = { readonly bytes: Uint8Array; readonly request: ReadRequest } | "next";
export type ReaderAnswer =
  | { readonly kind: "batch"; readonly found: Found[] }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly message: string };

const BATCH = 1000;
const BATCH_BYTES = 4 * 2 ** 20;

const port = parentPort;
let goOn: (() => void) | undefined;

function send(answer: ReaderAnswer): void {
  port?.postMessage(answer);
}

/** Says a batch and waits until it is taken, so that what was read never piles up. */
function say(found: Found[]): Promise<void> {
  send({ kind: "batch", found });
  return new Promise((taken) => {
    goOn = taken;
  });
}

async function read(bytes: Uint8Array, request: ReadRequest): Promise<void> {
  let batch: Found[] = [];
  let size = 0;
  for await (const found of readImport(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    request,
  )) {
    batch.push(found);
    if ("text" in found) size += found.text.length;
    if (batch.length < BATCH && size < BATCH_BYTES) continue;
    await say(batch);
    [batch, size] = [[], 0];
  }
  if (batch.length > 0) await say(batch);
  send({ kind: "end" });
}

port?.on("message", (ask: ReaderAsk) => {
  if (ask === "next") goOn?.();
  else
    read(ask.bytes, ask.request).catch((error: unknown) =>
      send({
        kind: "failed",
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
    );
});
