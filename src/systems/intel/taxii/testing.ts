import { after, before, test } from "node:test";
import { EVERYONE } from "../../../core/scope.ts";
import { DATABASES } from "../../../platform/records/testing.ts";
import { markedDocument, StixObjectStore } from "../object-store.ts";
import { type Answer, client, type IntelNode, intelNode, intelServer } from "../testing.ts";
import { CollectionStore } from "./collection-store.ts";

export const TYPE = "application/taxii+json;version=2.1";
export const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
export const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const ROOT = "/taxii2/lianfang/";
export const COMMUNITY = `${ROOT}collections/community/`;
export const INBOX = `${ROOT}collections/inbox/`;

/** What a clause is tested with: a running server, and who asks it. */
export interface ClauseCall {
  readonly node: IntelNode;
  readonly url: string;
  /** Asks as a key of a member that may read, for TAXII 2.1. */
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /** Any call as any of the node's keys. */
  ask(
    as: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Sends a body as it stands into the inbox, as a key that may push. */
  push(body: string | Buffer, headers?: Record<string, string>, as?: string): Promise<Answer>;
}

/**
 * Tests of clauses on one server for each database: `clause("4.1.1 ...", run)`. docs/taxii-conformance.md names each of
 * them, and conformance.test.ts holds the two against each other.
 */
export function clauses(
  prepare: (node: IntelNode) => Promise<void>,
  declare: (clause: (name: string, run: (call: ClauseCall) => Promise<void>) => void) => void,
  http: { maxContentLength?: number; perMinute?: number } = {},
): void {
  for (const database of DATABASES) {
    let call: ClauseCall;
    let close: () => Promise<void>;
    before(async () => {
      const node = await intelNode(database);
      await prepare(node);
      const { server, url } = await intelServer(node, { perMinute: 100_000, ...http });
      const ask: ClauseCall["ask"] = (as, method, path, body, headers = {}) =>
        client(url, as)(method, path, body, { accept: TYPE, ...headers });
      call = {
        node,
        url,
        ask,
        get: (path, headers) => ask("other", "GET", path, undefined, headers),
        push: (body, headers = {}, as = "other-pusher") =>
          ask(as, "POST", `${INBOX}objects/`, Buffer.from(body), { "content-type": TYPE, ...headers }),
      };
      close = async () => {
        await server.close();
        await node.dispose();
      };
    });
    after(() => close());
    declare((name, run) => {
      test(`${database.name}: ${name}`, () => run(call));
    });
  }
}

/** Puts documents into the community's collection, for everyone, one after the other. */
export async function publish(node: IntelNode, documents: readonly object[]): Promise<void> {
  await node.records.within(node.reviewer, async (work) => {
    const { id } = await new CollectionStore(work).get("community");
    await new StixObjectStore(work).add({
      collectionId: id,
      revision: 1,
      orgId: node.orgs.authority,
      audience: [EVERYONE],
      documents: documents.map((each) => markedDocument(JSON.stringify(each), "clear")),
    });
  });
}

export function malware(at: number, more: object = {}): Record<string, unknown> & { id: string } {
  return {
    type: "malware",
    spec_version: "2.1",
    id: `malware--8e2e2d2b-17d4-4cbf-938f-${String(at).padStart(12, "0")}`,
    created: "2026-11-20T00:00:00.000Z",
    modified: "2026-11-20T00:00:00.000Z",
    name: `惡意程式 ${at}`,
    is_family: true,
    object_marking_refs: ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],
    ...more,
  };
}

/** An observable: it has neither created nor modified. */
export const ADDRESS = {
  type: "ipv4-addr",
  id: "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4",
  value: "198.51.100.3",
};

/** A marking definition: created, and never modified. */
export const STATEMENT = {
  type: "marking-definition",
  spec_version: "2.1",
  id: "marking-definition--8e2e2d2b-17d4-4cbf-938f-000000000777",
  created: "2026-11-19T00:00:00.000Z",
  definition_type: "statement",
  definition: { statement: "© 測試" },
};
