/** Sends bodies of log lines with as little work of its own as can be, since it shares the machine with what is measured. */
import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

export interface Stored {
  readonly stored: number;
  readonly unparsed: number;
}

const LONGEST_CALL = 120_000;
const AGAIN_MILLIS = 500;

export class LogSender {
  readonly #url: string;
  readonly #secret: string;
  readonly #agent = new Agent({ keepAlive: true });

  /** `secret`: of an API key that may send logs. */
  constructor(url: string, secret: string) {
    this.#url = url;
    this.#secret = secret;
  }

  /** Sends a body until the node has it. Throws what the node refuses. */
  async send(source: string, key: string, body: Buffer): Promise<Stored> {
    for (;;) {
      const { status, text } = await this.#post(`/ingest/logs?source=${source}`, key, body);
      if (status === 200) return JSON.parse(text) as Stored;
      if (status !== 503) throw new Error(`${key}: ${status} ${text}`);
      await wait(AGAIN_MILLIS);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(path: string, key: string, body: Buffer): Promise<{ status: number; text: string }> {
    return new Promise((done, fail) => {
      const sending = request(
        this.#url + path,
        {
          method: "POST",
          agent: this.#agent,
          timeout: LONGEST_CALL,
          headers: {
            authorization: `Bearer ${this.#secret}`,
            "content-type": "text/plain",
            "content-length": body.length,
            "idempotency-key": key,
          },
        },
        (answer) => {
          const pieces: Buffer[] = [];
          answer.on("data", (piece: Buffer) => pieces.push(piece));
          answer.on("error", fail);
          answer.on("end", () =>
            done({ status: answer.statusCode ?? 0, text: Buffer.concat(pieces).toString("utf8") }),
          );
        },
      );
      sending.on("timeout", () => sending.destroy(new Error(`${key}: no answer in time`)));
      sending.on("error", fail);
      sending.end(body);
    });
  }
}
