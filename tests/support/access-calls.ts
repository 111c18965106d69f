/** One thing of every kind that belongs to an organisation; `mark` stands in all its words. */
export interface Subject {
  readonly mark: string;
  readonly orgId: string;
  readonly accountId: string;
  readonly contactId: string;
  readonly keyId: string;
  readonly eventId: string;
  readonly alertId: string;
  readonly incidentId: string;
  readonly itemId: string;
  /** Released to the organisation by the authority. */
  readonly releasedId: string;
  readonly objectId: string;
  /** A preview, under a source that bears the mark. */
  readonly importId: string;
  readonly sourceId: string;
  readonly feedId: string;
}

/**
 * How the access test calls a route. `thing`: about one thing, foreign ones are not there. `list`: holds own marks and
 * no foreign one. `many`: answers for each thing what became of it. `self`: only about the caller. `public`: open.
 */
export interface AccessCall {
  readonly kind: "thing" | "list" | "many" | "self" | "public" | "session-end";
  readonly path: (subject: Subject) => string;
  readonly body?: (subject: Subject) => unknown;
  readonly headers?: Record<string, string>;
  /** A list that the walk leaves empty of marks. */
  readonly shows?: false;
}

const get = (path: (subject: Subject) => string): AccessCall => ({ kind: "thing", path });
const list = (path: string, more: Partial<AccessCall> = {}): AccessCall => ({
  kind: "list",
  path: () => path,
  ...more,
});
const act = (path: (subject: Subject) => string, body?: (subject: Subject) => unknown): AccessCall => ({
  kind: "thing",
  path,
  ...(body === undefined ? {} : { body }),
});
const self = (path: string, body?: unknown): AccessCall => ({
  kind: "self",
  path: () => path,
  ...(body === undefined ? {} : { body: () => body }),
});
const open = (path: string): AccessCall => ({ kind: "public", path: () => path });

const alert = (rest: string) => (s: Subject) => `/api/v1/alerts/${s.alertId}${rest}`;
const incident = (rest: string) => (s: Subject) => `/api/v1/incidents/${s.incidentId}${rest}`;
const item = (rest: string) => (s: Subject) => `/api/v1/intel/items/${s.itemId}${rest}`;
const imported = (rest: string) => (s: Subject) => `/api/v1/intel/imports/${s.importId}${rest}`;
const feed = (rest: string) => (s: Subject) => `/api/v1/intel/feeds/${s.feedId}${rest}`;
const version =
  (more: object = {}) =>
  () => ({ version: 1, ...more });
/** The collection of what goes to chosen organisations. */
const COLLECTION = "collections/community";
const TAXII = { accept: "application/taxii+json;version=2.1" };
const taxii = (rest: string): AccessCall => ({
  kind: "self",
  path: () => `/taxii2/lianfang/${rest}`,
  headers: TAXII,
});

const NO_ID = "00000000-0000-4000-8000-000000000000";

/** Every route of the product. A new one is added here, or the access test fails. */
export const CALLS: Readonly<Record<string, AccessCall>> = {
  "session.get": open("/api/v1/session"),
  "session.open": open("/api/v1/session"),
  "session.close": { kind: "session-end", path: () => "/api/v1/session" },
  "session.password": self("/api/v1/session/password", {
    current: "not this one",
    next: "some other long words",
  }),
  "session.totp-offer": self("/api/v1/session/totp"),
  "session.totp-confirm": self("/api/v1/session/totp/confirm", { code: "000000" }),
  "sessions.list": self("/api/v1/sessions"),
  "sessions.revoke": self("/api/v1/sessions/00000000-0000-4000-8000-000000000000"),

  "orgs.list": list("/api/v1/orgs"),
  "orgs.get": get((s) => `/api/v1/orgs/${s.orgId}`),
  "orgs.create": act(
    () => "/api/v1/orgs",
    (s) => ({
      parentId: s.orgId,
      name: "新單位",
      shortName: `new-${crypto.randomUUID()}`,
      kind: "facility",
      sector: "water",
    }),
  ),
  "orgs.change": act((s) => `/api/v1/orgs/${s.orgId}`, version({ nameEn: "Changed" })),
  "accounts.list": list("/api/v1/accounts"),
  "accounts.get": get((s) => `/api/v1/accounts/${s.accountId}`),
  "accounts.create": act(
    () => "/api/v1/accounts",
    (s) => ({
      orgId: s.orgId,
      name: `n-${crypto.randomUUID()}`,
      displayName: "新人",
      roles: ["member-reporter"],
    }),
  ),
  "accounts.change": act((s) => `/api/v1/accounts/${s.accountId}`, version({ email: null })),
  "accounts.reset": act((s) => `/api/v1/accounts/${s.accountId}/reset`),
  "contacts.list": list("/api/v1/contacts"),
  "contacts.create": act(
    () => "/api/v1/contacts",
    (s) => ({ orgId: s.orgId, name: "新聯絡人" }),
  ),
  "contacts.change": act((s) => `/api/v1/contacts/${s.contactId}`, version({ title: "科長" })),
  "contacts.remove": act((s) => `/api/v1/contacts/${s.contactId}`),
  "keys.list": list("/api/v1/keys"),
  "keys.issue": act(
    () => "/api/v1/keys",
    (s) => ({ orgId: s.orgId, name: "新金鑰", permissions: ["logs:ingest"], clearance: "green" }),
  ),
  "keys.revoke": act((s) => `/api/v1/keys/${s.keyId}`),

  "ingest.logs": {
    kind: "thing",
    path: (s) => `/ingest/logs?org=${s.orgId}`,
    body: () => "one line of a machine that nobody knows",
    headers: { "content-type": "text/plain" },
  },
  "ingest.sources": list("/api/v1/ingest/sources"),
  "ingest.summary": self("/api/v1/ingest/summary"),
  "ingest.allow-silence": act(
    () => "/api/v1/ingest/sources/silence",
    (s) => ({ orgId: s.orgId, name: s.mark, silentAfterMinutes: 60 }),
  ),
  "ingest.parsers": self("/api/v1/ingest/parsers"),
  "logs.list": list("/api/v1/logs"),
  "logs.times": list("/api/v1/logs/times", { shows: false }),
  "logs.values": list("/api/v1/logs/values/source"),
  "logs.get": get((s) => `/api/v1/logs/${s.eventId}`),

  "rules.list": self("/api/v1/rules"),
  "rules.faults": self("/api/v1/rules/faults"),
  "rules.get": self("/api/v1/rules/fad66f2f-9ff3-4d9b-a1ae-93135b5020e4"),
  "rules.try": list("/api/v1/rules/try", {
    body: () => ({
      text: "title: logins\nlogsource: { product: fortigate }\ndetection:\n  s: { action: login }\n  condition: s\n",
      from: "2026-11-01T00:00:00Z",
      to: "2026-12-31T00:00:00Z",
    }),
  }),
  "alerts.list": list("/api/v1/alerts"),
  "alerts.export": list("/api/v1/alerts/export"),
  "alerts.assignees": list("/api/v1/alerts/assignees", { shows: false }),
  "alerts.techniques": list("/api/v1/alerts/techniques", { shows: false }),
  "alerts.get": get(alert("")),
  "alerts.sights": get(alert("/sights")),
  "alerts.assign": act(alert("/assign"), version({ to: "me" })),
  "alerts.comment": act(alert("/comments"), () => ({ text: "seen" })),
  "alerts.close": act(alert("/close"), version({ reason: "handled", text: "done" })),
  "alerts.reopen": act(alert("/reopen"), version({ text: "again" })),
  "alerts.assign-many": {
    kind: "many",
    path: () => "/api/v1/alerts/assign",
    body: (s) => ({ alerts: [{ id: s.alertId, version: 1 }], to: "none" }),
  },
  "alerts.close-many": {
    kind: "many",
    path: () => "/api/v1/alerts/close",
    body: (s) => ({ alerts: [{ id: s.alertId, version: 1 }], reason: "handled", text: "done" }),
  },

  "incidents.list": list("/api/v1/incidents"),
  "incidents.export": list("/api/v1/incidents/export.csv"),
  "incidents.pack": self("/api/v1/incidents/pack"),
  "incidents.preview": self("/api/v1/incidents/preview", { facts: {} }),
  "incidents.get": get(incident("")),
  "incidents.report": act(
    () => "/api/v1/incidents",
    (s) => ({ title: "新事件", orgId: s.orgId, awareAt: "2026-11-23T00:00:00.000Z" }),
  ),
  "incidents.change-facts": act(
    incident("/facts"),
    version({ facts: { impacts: [{ business: "non-core", leak: "minor" }] } }),
  ),
  "incidents.add-indicators": act(
    incident("/indicators"),
    version({ indicators: [{ type: "ipv4", value: "198.51.100.9" }] }),
  ),
  "incidents.take": act(incident("/take"), version()),
  "incidents.review": act(incident("/review"), version({ decision: "agree", grounds: "as the pack says" })),
  "incidents.note": act(incident("/notes"), version({ text: "going on" })),
  "incidents.milestone": act(incident("/milestones"), version({ milestone: "forwardedAt" })),
  "incidents.recover": act(incident("/recovery"), version({ text: "restored" })),
  "incidents.close": act(
    incident("/closing-report"),
    version({
      report: {
        scopeAndDamage: "a",
        damageControl: "b",
        investigation: "c",
        rootCause: "d",
        improvement: "e",
        followUp: "f",
      },
    }),
  ),
  "incidents.reopen": act(incident("/reopening"), version({ grounds: "it came back" })),
  "incidents.extend": act(
    incident("/extensions"),
    version({ duty: "closing-report", until: "2027-02-01T00:00:00.000Z", grounds: "more time" }),
  ),
  "incidents.comment": act(incident("/comments"), () => ({ text: "seen" })),
  "incidents.share": act(incident("/share")),

  "library.search": list("/api/v1/intel/library"),
  "library.facets": list("/api/v1/intel/library/facets", { shows: false }),
  "library.object": get((s) => `/api/v1/intel/library/${s.objectId}`),
  "library.neighbours": get((s) => `/api/v1/intel/library/${s.objectId}/neighbours`),
  "library.correlations": get((s) => `/api/v1/intel/library/${s.objectId}/correlations`),
  "library.log-searches": get((s) => `/api/v1/intel/library/${s.objectId}/searches`),
  "library.end": {
    kind: "self",
    path: (s) => `/api/v1/intel/library/${s.objectId}/end`,
    body: () => ({ act: "prolong", until: "2020-01-01T00:00:00Z", reason: "longer" }),
  },
  "library.same": get((s) => `/api/v1/intel/library/${s.objectId}/same`),
  // With itself: nobody's to decide, so that the walk joins nothing.
  "library.same-decide": act(
    (s) => `/api/v1/intel/library/${s.objectId}/same`,
    (s) => ({ other: s.objectId, verdict: "same", reason: "equal" }),
  ),
  "library.same-undo": {
    kind: "self",
    path: (s) => `/api/v1/intel/library/${s.objectId}/same/${NO_ID}/undo`,
    body: () => ({ reason: "mistaken" }),
  },
  "library.remark": act(
    (s) => `/api/v1/intel/library/${s.objectId}/remarks`,
    () => ({ kind: "note", text: "seen" }),
  ),
  "library.export": list("/api/v1/intel/library/export?format=stix"),
  "library.export-counts": list("/api/v1/intel/library/export/counts?format=rpz", { shows: false }),
  "library.matrices": list("/api/v1/intel/matrices", { shows: false }),
  "library.matrix": { kind: "self", path: (s) => `/api/v1/intel/matrices/${s.objectId}` },
  "library.matrix-layer": { kind: "self", path: (s) => `/api/v1/intel/matrices/${s.objectId}/layer` },
  "library.reindex-state": self("/api/v1/intel/reindex"),
  "library.reindex": self("/api/v1/intel/reindex"),
  "warninglists.list": self("/api/v1/intel/warninglists"),
  "warninglists.get": self("/api/v1/intel/warninglists/000000000000"),
  "warninglists.entries": self("/api/v1/intel/warninglists/000000000000/entries"),
  "warninglists.file": self("/api/v1/intel/warninglists/000000000000/file"),
  "warninglists.check": self("/api/v1/intel/warninglists/check", { text: "8.8.8.8" }),
  "warninglists.switch": self("/api/v1/intel/warninglists/000000000000/state", { off: false }),
  "warninglists.take": self("/api/v1/intel/warninglists?dry=true", "none"),
  "warninglists.remove": self("/api/v1/intel/warninglists/000000000000"),
  "taxonomies.list": list("/api/v1/intel/taxonomies", { shows: false }),
  "taxonomies.get": self("/api/v1/intel/taxonomies/none"),
  "taxonomies.tags": list("/api/v1/intel/tags", { shows: false }),
  "taxonomies.object-tags": get((s) => `/api/v1/intel/library/${s.objectId}/tags`),
  "taxonomies.tag-object": act(
    (s) => `/api/v1/intel/library/${s.objectId}/tags`,
    () => ({ tags: ["seen:here"] }),
  ),
  "taxonomies.galaxies": list("/api/v1/intel/galaxies", { shows: false }),
  "intel.items": list("/api/v1/intel/items"),
  "intel.items-export": list("/api/v1/intel/items/export"),
  "intel.draft": act(
    () => "/api/v1/intel/items",
    (s) => ({ orgId: s.orgId, title: "新情資" }),
  ),
  "intel.item": get(item("")),
  "intel.edit": act(item(""), version({ description: "more" })),
  "intel.deliveries": get(item("/deliveries")),
  "intel.preview": get(item("/preview")),
  "intel.submit": act(item("/submit")),
  "intel.approve": act(item("/approve"), () => ({ sha256: "0".repeat(64) })),
  "intel.release": act(item("/release")),
  "intel.reject": act(item("/reject"), () => ({ reason: "not yet" })),
  "intel.withdraw": act(item("/withdraw"), () => ({ reason: "wrong" })),
  "intel.imports": list("/api/v1/intel/imports"),
  "intel.imports-export": list("/api/v1/intel/imports/export"),
  "intel.import": get(imported("")),
  "intel.import-objects": get(imported("/objects")),
  "intel.import-objects-export": get(imported("/objects/export")),
  "intel.import-file": get(imported("/file")),
  // A preview of a text is no table: whoever sees it is told so.
  "intel.import-sample": { kind: "self", path: imported("/sample") },
  "intel.import-undo-preview": get(imported("/undo")),
  "intel.import-upload": self("/api/v1/intel/imports", "198.51.100.77"),
  "intel.import-reread": act(imported("/reread"), () => ({ tlp: "green" })),
  "intel.import-store": act(imported("/store"), () => ({})),
  "intel.import-stop": act(imported("/stop")),
  "intel.import-undo": act(imported("/undo")),
  "intel.sources": list("/api/v1/intel/sources"),
  "intel.source-judge": act(
    (s) => `/api/v1/intel/sources/${s.sourceId}`,
    () => ({ reliability: "B" }),
  ),
  "intel.feeds": list("/api/v1/intel/feeds"),
  "intel.feed-add": act(
    () => "/api/v1/intel/feeds",
    (s) => ({ orgId: s.orgId, name: `again ${s.mark} ${Math.random()}`, url: "http://127.0.0.1:9/" }),
  ),
  "intel.feed": get(feed("")),
  "intel.feed-change": act(feed(""), () => ({ everyMinutes: 30 })),
  "intel.feed-run": act(feed("/run")),
  "intel.feed-preview": act(feed("/preview")),
  "intel.feed-remove": act(feed("")),
  "intel.released": list("/api/v1/intel/released"),
  "intel.released-item": get((s) => `/api/v1/intel/released/${s.releasedId}`),
  "intel.released-bundle": get((s) => `/api/v1/intel/released/${s.releasedId}/bundle`),

  "taxii.discovery": { kind: "self", path: () => "/taxii2/", headers: TAXII },
  "taxii.api-root": taxii(""),
  "taxii.collections": taxii("collections/"),
  "taxii.collection": taxii(`${COLLECTION}/`),
  "taxii.objects": list(`/taxii2/lianfang/${COLLECTION}/objects/`, { headers: TAXII, shows: false }),
  "taxii.object": { ...get((s) => `/taxii2/lianfang/${COLLECTION}/objects/${s.objectId}/`), headers: TAXII },
  "taxii.manifest": list(`/taxii2/lianfang/${COLLECTION}/manifest/`, { headers: TAXII, shows: false }),
  "taxii.versions": {
    ...get((s) => `/taxii2/lianfang/${COLLECTION}/objects/${s.objectId}/versions/`),
    headers: TAXII,
  },
  "taxii.add-objects": {
    kind: "self",
    path: () => `/taxii2/lianfang/${COLLECTION}/objects/`,
    body: () => JSON.stringify({ objects: [] }),
    headers: { ...TAXII, "content-type": "application/taxii+json;version=2.1" },
  },
  "taxii.nothing-get": { kind: "self", path: () => "/taxii2/nothing/here/", headers: TAXII },
  "taxii.nothing-post": { kind: "self", path: () => "/taxii2/nothing/here/", headers: TAXII },
  "taxii.nothing-put": { kind: "self", path: () => "/taxii2/nothing/here/", headers: TAXII },
  "taxii.nothing-patch": { kind: "self", path: () => "/taxii2/nothing/here/", headers: TAXII },
  "taxii.nothing-delete": { kind: "self", path: () => "/taxii2/nothing/here/", headers: TAXII },
  "peers.list": self("/api/v1/peers"),
  "peers.collections": self("/api/v1/peers/collections"),
  "peers.fetches": self(`/api/v1/peers/collections/${NO_ID}/fetches`),
  "peers.test": self("/api/v1/peers/test", { peerId: NO_ID }),
  "peers.add": {
    kind: "self",
    path: () => "/api/v1/peers",
    body: () => ({
      name: crypto.randomUUID(),
      url: "https://peer.example/taxii2/",
      login: { kind: "token", token: "t" },
      lines: [
        {
          direction: "pull",
          rootUrl: "https://peer.example/taxii2/a/",
          maxContentLength: 1000,
          collectionUrl: "https://peer.example/taxii2/a/collections/b/",
          collectionId: "b",
          title: "b",
        },
      ],
    }),
  },
  "peers.peer": self(`/api/v1/peers/${NO_ID}`),
  "peers.change": self(`/api/v1/peers/${NO_ID}`, { version: 1 }),
  "peers.remove": self(`/api/v1/peers/${NO_ID}`),
  "peers.run": self(`/api/v1/peers/${NO_ID}/run`),
  "peers.compare": self(`/api/v1/peers/${NO_ID}/compare`, { mend: false }),
  "taxii.status": taxii("status/00000000-0000-4000-8000-000000000000/"),
  "taxii.delete-object": taxii(`${COLLECTION}/objects/indicator--00000000-0000-4000-8000-000000000000/`),

  "platform.health": open("/healthz"),
  "platform.ready": open("/readyz"),
  "platform.problems": open("/docs/problems"),
  "platform.metrics": self("/metrics"),
  "platform.state": self("/api/v1/platform"),
  "audit.list": list("/api/v1/audit", { shows: false }),
  "audit.verify": self("/api/v1/audit/verify"),
  stream: { kind: "session-end", path: () => "/api/v1/stream" },
};
