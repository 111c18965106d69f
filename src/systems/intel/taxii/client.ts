import { setTimeout as pause } from "node:timers/promises";
import { rootCertificates } from "node:tls";
import { z } from "zod";
import packageJson from "../../../../package.json" with { type: "json" };
import { Problem } from "../../../core/problem.ts";
import { parseDocument } from "../object-store.ts";
import { versionOf } from "../stix/object.ts";
import { envelopes, envelopeText, readEnvelopePage } from "./envelope.ts";
import { TAXII_TYPE } from "./media-type.ts";
import type { Status, StatusDetail } from "./status-store.ts";
import { type Answer, exchange } from "./transport.ts";

/** A server of others: where its discovery is, and what lets us in. */
export interface Peer {
  /** `https://peer.example/taxii2/` */
  readonly url: string;
  /** Bearer token, or user and password for HTTP Basic (TAXII 2.1 section 8.5.1). */
  readonly login:
    | { readonly token: string }
    | { readonly user: string; readonly password: string }
    | { readonly cert: string; readonly key: string };
}

export interface ApiRoot {
  readonly url: string;
  readonly title: string;
  readonly maxContentLength: number;
}

export interface PeerCollection {
  readonly url: string;
  readonly id: string;
  readonly title: string;
  readonly canRead: boolean;
  readonly canWrite: boolean;
}

/** How far a pull came. `next` goes on in the middle of a run that began at `addedAfter`. */
export interface Checkpoint {
  readonly addedAfter?: string;
  readonly next?: string;
}

export interface PulledPage {
  /** Each object's text, byte for byte as the peer sent it. */
  readonly documents: readonly string[];
  /** Where the next pull goes on once these documents are kept. */
  readonly checkpoint: Checkpoint;
  readonly more: boolean;
}

/** What became of a push: how many objects the peer took, and which it refused and why. */
export interface Pushed {
  readonly taken: number;
  readonly refused: readonly StatusDetail[];
}

/** A peer that answers what TAXII 2.1 does not allow, or refuses. `status` is absent where there was no answer. */
export class PeerFault extends Error {
  override readonly name = "PeerFault";
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

interface ClientOptions {
  readonly signal?: AbortSignal;
  /** Tries of one request; 5 unless told. Between them it waits twice as long each time, or as Retry-After says. */
  readonly tries?: number;
  /** First pause in milliseconds; 500 unless told. */
  readonly pause?: number;
  /** Whether the peer may be on this very machine. */
  readonly loopback?: boolean;
  /** PEM of authorities whose servers are believed beside those that the machine believes (section 8.5.2). */
  readonly ca?: string;
}

/** Section 8.4.1: name and version of the program. */
const USER_AGENT = `Lianfang/${packageJson.version}`;
const LONGEST_CALL = 60_000;
const LONGEST_PAUSE = 60_000;
const LARGEST_ANSWER = 256 * 2 ** 20;
const POLLS = 20;
const PASSING = [429, 500, 502, 503, 504];

const Discovery = z.object({ api_roots: z.array(z.string()).default([]) });
const Root = z.object({
  title: z.string(),
  versions: z.array(z.string()),
  max_content_length: z.number().int().positive(),
});
const Collections = z.object({
  collections: z
    .array(z.object({ id: z.string(), title: z.string(), can_read: z.boolean(), can_write: z.boolean() }))
    .default([]),
});
const Manifest = z.object({
  more: z.boolean().default(false),
  next: z.string().optional(),
  objects: z.array(z.object({ id: z.string(), version: z.string(), date_added: z.string() })).default([]),
});
const Detail = z.object({ id: z.string(), version: z.string(), message: z.string().optional() });
const StatusShape = z.object({
  id: z.uuid(),
  status: z.enum(["complete", "pending"]),
  success_count: z.number().int(),
  failures: z.array(Detail).default([]),
  failure_count: z.number().int(),
  pending_count: z.number().int(),
} satisfies Partial<Record<keyof Status, z.ZodType>>);

/** A TAXII 2.1 client of one peer. It follows no redirect and shows its login to no other origin. */
export class TaxiiClient {
  private readonly peer: Peer;
  private readonly options: ClientOptions;

  constructor(peer: Peer, options: ClientOptions = {}) {
    this.peer = peer;
    this.options = options;
  }

  /** Discovery (section 4.1), then each API root that speaks TAXII 2.1 (section 4.2). */
  async apiRoots(): Promise<ApiRoot[]> {
    const { api_roots: addresses } = await this.json(Discovery, this.peer.url);
    const roots: ApiRoot[] = [];
    for (const address of addresses) {
      const url = new URL(address, this.peer.url).href;
      const root = await this.json(Root, url);
      const speaks = root.versions.some((version) => version.replaceAll(" ", "") === TAXII_TYPE);
      if (speaks) roots.push({ url, title: root.title, maxContentLength: root.max_content_length });
    }
    return roots;
  }

  async collections(root: ApiRoot): Promise<PeerCollection[]> {
    const { collections } = await this.json(Collections, new URL("collections/", root.url).href);
    return collections.map((each) => ({
      url: new URL(`collections/${encodeURIComponent(each.id)}/`, root.url).href,
      id: each.id,
      title: each.title,
      canRead: each.can_read,
      canWrite: each.can_write,
    }));
  }

  /**
   * One page behind a checkpoint. A `next` that the peer no longer knows begins the run again at its `addedAfter`:
   * objects come twice rather than never.
   */
  async page(collection: PeerCollection, from: Checkpoint, limit?: number): Promise<PulledPage> {
    const url = new URL("objects/", collection.url);
    url.searchParams.set("match[version]", "all");
    if (limit !== undefined) url.searchParams.set("limit", String(limit));
    if (from.addedAfter !== undefined) url.searchParams.set("added_after", from.addedAfter);
    if (from.next !== undefined) url.searchParams.set("next", from.next);
    let answer: Answer;
    try {
      answer = await this.ask("GET", url.href);
    } catch (error) {
      const forgotten = error instanceof PeerFault && [400, 404, 410].includes(error.status ?? 0);
      if (!forgotten || from.next === undefined) throw error;
      return this.page(
        collection,
        from.addedAfter === undefined ? {} : { addedAfter: from.addedAfter },
        limit,
      );
    }
    const { parts, more, next } = envelopeOf(answer.body);
    const last = answer.header("x-taxii-date-added-last");
    const documents = parts.map((part) => part.text);
    if (more && next !== undefined) return { documents, more, checkpoint: { ...from, next } };
    const addedAfter = parts.length === 0 ? from.addedAfter : last;
    if (parts.length > 0 && last === undefined)
      throw new PeerFault("X-TAXII-Date-Added-Last is missing (3.4)");
    if (more && addedAfter === from.addedAfter) throw new PeerFault("more is true, but there is no way on");
    return { documents, more, checkpoint: addedAfter === undefined ? {} : { addedAfter } };
  }

  /** What a collection holds, every version (section 5.3). */
  async *manifest(collection: PeerCollection): AsyncGenerator<{ id: string; version: string }> {
    let [addedAfter, next]: (string | undefined)[] = [undefined, undefined];
    for (let more = true; more; ) {
      const url = new URL("manifest/", collection.url);
      url.searchParams.set("match[version]", "all");
      if (addedAfter !== undefined) url.searchParams.set("added_after", addedAfter);
      if (next !== undefined) url.searchParams.set("next", next);
      const page = await this.json(Manifest, url.href);
      yield* page.objects;
      const last = page.objects.at(-1)?.date_added;
      if (page.more && page.next === undefined && (last === undefined || last === addedAfter))
        throw new PeerFault("more is true, but there is no way on");
      [more, next] = [page.more, page.next];
      if (next === undefined) addedAfter = last;
    }
  }

  /** Objects by their ids, every version, verbatim; at most as many ids as fit an address. */
  async byId(collection: PeerCollection, ids: readonly string[]): Promise<string[]> {
    const documents: string[] = [];
    let next: string | undefined;
    do {
      const url = new URL("objects/", collection.url);
      url.searchParams.set("match[id]", ids.join(","));
      url.searchParams.set("match[version]", "all");
      if (next !== undefined) url.searchParams.set("next", next);
      const page = envelopeOf((await this.ask("GET", url.href)).body);
      documents.push(...page.parts.map((part) => part.text));
      next = page.more ? page.next : undefined;
    } while (next !== undefined);
    return documents;
  }

  /** Pushes documents in envelopes that fit the API root, and waits for what became of them (sections 5.5 and 4.3). */
  async push(root: ApiRoot, collection: PeerCollection, documents: readonly string[]): Promise<Pushed> {
    let taken = 0;
    const fits = (document: string) => Buffer.byteLength(envelopeText([document])) <= root.maxContentLength;
    const refused = documents.filter((document) => !fits(document)).map(tooLarge);
    for (const envelope of envelopes(documents.filter(fits), root.maxContentLength)) {
      const { body } = await this.ask("POST", new URL("objects/", collection.url).href, envelope);
      let status = parsed(StatusShape, body);
      for (let poll = 0; status.status === "pending"; poll++) {
        if (poll === POLLS) throw new PeerFault(`status ${status.id} stays pending`);
        await this.wait(poll);
        status = await this.json(StatusShape, new URL(`status/${status.id}/`, root.url).href);
      }
      taken += status.success_count;
      for (const { id, version, message } of status.failures)
        refused.push({ id, version, ...(message === undefined ? {} : { message }) });
    }
    return { taken, refused };
  }

  /**
   * Deletes an object, or one version of it (section 5.7). What is not there is deleted; answers why the peer refuses
   * where it does.
   */
  async remove(collection: PeerCollection, id: string, version?: string): Promise<string | undefined> {
    const url = new URL(`objects/${encodeURIComponent(id)}/`, collection.url);
    if (version !== undefined) url.searchParams.set("match[version]", version);
    try {
      await this.ask("DELETE", url.href);
      return undefined;
    } catch (error) {
      if (!(error instanceof PeerFault) || error.status === undefined) throw error;
      if (error.status === 404 || error.status === 410) return undefined;
      if ([400, 403, 405, 501].includes(error.status)) return error.message;
      throw error;
    }
  }

  private async json<S extends z.ZodType>(shape: S, url: string): Promise<z.output<S>> {
    return parsed(shape, (await this.ask("GET", url)).body);
  }

  private async ask(method: string, url: string, body?: string): Promise<Answer> {
    if (new URL(url).origin !== new URL(this.peer.url).origin) {
      throw new PeerFault(`the login is not for ${new URL(url).origin}`);
    }
    for (let turn = 1; ; turn++) {
      const answer = await this.once(method, url, body).catch((error: unknown) => {
        this.options.signal?.throwIfAborted();
        return new PeerFault(
          `${new URL(url).origin}: ${error instanceof Error ? error.message : "no answer"}`,
        );
      });
      if (!(answer instanceof PeerFault)) {
        if (answer.ok) return answer;
        if (!PASSING.includes(answer.status) || turn >= (this.options.tries ?? 5)) {
          const said = reasonOf(answer.body);
          throw new PeerFault(
            `${method} ${new URL(url).pathname}: ${answer.status}${said === "" ? "" : ` ${said}`}`,
            answer.status,
          );
        }
        await this.wait(turn - 1, Number(answer.header("retry-after") ?? Number.NaN) * 1000);
      } else {
        if (turn >= (this.options.tries ?? 5)) throw answer;
        await this.wait(turn - 1);
      }
    }
  }

  private once(method: string, url: string, body?: string): Promise<Answer> {
    const { login } = this.peer;
    const deadline = AbortSignal.timeout(LONGEST_CALL);
    const { signal, loopback = false, ca } = this.options;
    return exchange({
      method,
      url,
      headers: {
        accept: TAXII_TYPE,
        "user-agent": USER_AGENT,
        ...("cert" in login ? {} : { authorization: authorization(login) }),
        ...(body === undefined ? {} : { "content-type": TAXII_TYPE }),
      },
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      ...(body === undefined ? {} : { body }),
      tls: {
        ...("cert" in login ? { cert: login.cert, key: login.key } : {}),
        ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      },
      loopback,
      most: LARGEST_ANSWER,
    });
  }

  private async wait(turn: number, told = Number.NaN): Promise<void> {
    const doubled = (this.options.pause ?? 500) * 2 ** turn * (0.5 + Math.random() / 2);
    const millis = Math.min(LONGEST_PAUSE, Number.isNaN(told) ? doubled : told);
    await pause(millis, undefined, this.options.signal === undefined ? {} : { signal: this.options.signal });
  }
}

/**
 * Pulls everything behind a checkpoint. `keep` stores a page's documents and its checkpoint in one unit of work; whoever
 * crashed goes on from the checkpoint that was kept last. Answers the checkpoint of the next pull.
 */
export async function pullFrom(
  client: TaxiiClient,
  collection: PeerCollection,
  from: Checkpoint,
  keep: (page: PulledPage) => Promise<void>,
  limit?: number,
): Promise<Checkpoint> {
  let checkpoint = from;
  for (let more = true; more; ) {
    const page = await client.page(collection, checkpoint, limit);
    await keep(page);
    ({ checkpoint, more } = page);
  }
  return checkpoint;
}

function authorization(login: { token: string } | { user: string; password: string }): string {
  return "token" in login
    ? `Bearer ${login.token}`
    : `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
}

/** What a TAXII error message says (section 3.6.1). */
function reasonOf(body: Buffer): string {
  try {
    const { title, description } = JSON.parse(body.toString("utf8")) as Record<string, unknown>;
    return [title, description]
      .filter((each) => typeof each === "string")
      .join(": ")
      .slice(0, 300);
  } catch {
    return "";
  }
}

function tooLarge(document: string): StatusDetail {
  const object = parseDocument(document);
  return {
    id: object.id,
    version: versionOf(object) ?? "",
    message: "larger by itself than the peer's max_content_length",
  };
}

function envelopeOf(body: Buffer): ReturnType<typeof readEnvelopePage> {
  try {
    return readEnvelopePage(body);
  } catch (error) {
    if (error instanceof Problem) throw new PeerFault(`the answer is no envelope: ${error.message}`);
    throw error;
  }
}

function parsed<S extends z.ZodType>(shape: S, body: Buffer): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new PeerFault("the answer is not JSON");
  }
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new PeerFault(`the answer is not as TAXII 2.1 wants it: ${issue?.path.join(".")}: ${issue?.message}`);
}
