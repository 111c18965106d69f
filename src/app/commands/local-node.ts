import type { Config } from "../../platform/config/config.ts";
import { createLog } from "../../platform/log/log.ts";
import { askNode, isNodeRunning, type LocalAnswer } from "../local-socket.ts";
import { startNode } from "../node.ts";

export interface LocalCall {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface LocalNode {
  /** Throws Error with the refusal when the node answers one. */
  ask<Body>(call: LocalCall): Promise<Body>;
  answer(call: LocalCall): Promise<LocalAnswer>;
}

/** The node of this configuration: the running one over its socket, else one brought up for the command alone. */
export async function withLocalNode<T>(config: Config, run: (node: LocalNode) => Promise<T>): Promise<T> {
  if (await isNodeRunning(config.data)) return run(speaking((call) => askNode(config.data, call)));
  const node = await startNode({ config, listen: false, log: createLog({ level: "warn" }) });
  try {
    return await run(
      speaking(async ({ method, path, body, headers }) => {
        const raw = body instanceof Uint8Array || typeof body === "string";
        const payload = raw ? Buffer.from(body) : (body as object | undefined);
        const answer = await node.server.inject({
          method,
          url: path,
          headers: headers ?? {},
          ...(payload === undefined ? {} : { payload }),
        });
        const json = String(answer.headers["content-type"] ?? "").includes("json");
        return { status: answer.statusCode, body: json ? answer.json() : answer.body };
      }),
    );
  } finally {
    await node.stop();
  }
}

function speaking(answer: (call: LocalCall) => Promise<LocalAnswer>): LocalNode {
  return {
    answer,
    ask: async <Body>(call: LocalCall) => {
      const { status, body } = await answer(call);
      if (status >= 300) throw new Error(refusal(body) ?? `${call.method} ${call.path} answered ${status}`);
      return body as Body;
    },
  };
}

/** A problem document as lines for a terminal. */
export function refusal(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("code" in body)) return undefined;
  const { code, title, detail, faults } = body as {
    code: string;
    title: string;
    detail?: string;
    faults?: { path: string; message: string }[];
  };
  const places = (faults ?? []).map((fault) => `\n  ${fault.path}: ${fault.message}`).join("");
  return `${code}: ${detail ?? title}${places}`;
}
