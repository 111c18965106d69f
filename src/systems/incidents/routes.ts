import { z } from "zod";
import { pageOf } from "../../core/page.ts";
import { Problem } from "../../core/problem.ts";
import { type Route, route } from "../../platform/http/route.ts";
import type { Work } from "../../platform/records/work.ts";
import { type CaseRoom, Incidents } from "./acts.ts";
import { incidentsCsv } from "./csv.ts";
import { detailOf, packShown } from "./detail.ts";
import { clocksFor, levelOf } from "./duties/rules.ts";
import {
  type Act,
  AddIndicators,
  ChangeFacts,
  CloseIncident,
  CommentIncident,
  ExtendDuty,
  Incident,
  IncidentDetail,
  IncidentQuery,
  NewIncident,
  NoteMilestone,
  PackShown,
  Preview,
  PreviewIncident,
  ProgressNote,
  Recover,
  ReopenIncident,
  ReportKey,
  ReviewLevel,
  TakeReview,
} from "./model.ts";
import { ACT_NEEDS } from "./rules.ts";
import { IncidentStore, type Kept } from "./store.ts";

export interface RouteParts extends CaseRoom {
  orgNames(work: Work): Promise<ReadonlyMap<string, { name: string; nameEn: string }>>;
  /** Makes a draft of intelligence out of the incident; gives its id. */
  share(work: Work, incident: IncidentDetail): Promise<string>;
}

const ById = z.object({ id: z.uuid() });
/** An export is what a person can still read; more is asked for with `from` and `to`. */
const MOST_EXPORTED = 10_000;

export function incidentRoutes(parts: RouteParts): Route[] {
  return [...readingRoutes(parts), reportRoute(parts), ...actRoutes(parts), shareRoute(parts)];
}

function readingRoutes(parts: RouteParts): Route[] {
  return [
    route({
      id: "incidents.list",
      method: "GET",
      path: "/api/v1/incidents",
      summary: "Incidents; the clock that ends first on top",
      needs: "incidents:read",
      query: IncidentQuery,
      response: pageOf(Incident),
      handler: ({ within, query }) => within((work) => new IncidentStore(work, parts.packOf).list(query)),
    }),
    route({
      id: "incidents.export",
      method: "GET",
      path: "/api/v1/incidents/export.csv",
      summary: "The same list as CSV, at most 10,000 rows",
      needs: "incidents:read",
      query: IncidentQuery.omit({ cursor: true, limit: true }),
      response: z.unknown(),
      produces: ["text/csv"],
      handler: async ({ within, query, reply }) => {
        const csv = await within(async (work) => {
          const incidents = await everyPage(new IncidentStore(work, parts.packOf), query);
          const names = await parts.orgNames(work);
          work.audit({
            action: "incidents.export",
            subject: "incidents",
            detail: { rows: incidents.length },
          });
          return incidentsCsv(incidents, (orgId) => names.get(orgId)?.name ?? orgId);
        });
        reply.header("content-type", "text/csv; charset=utf-8");
        reply.header("content-disposition", 'attachment; filename="incidents.csv"');
        return reply.send(csv);
      },
    }),
    route({
      id: "incidents.pack",
      method: "GET",
      path: "/api/v1/incidents/pack",
      summary: "The duty pack in force, as a report form needs it",
      needs: "incidents:read",
      response: PackShown,
      handler: async () => packShown(parts.pack),
    }),
    route({
      id: "incidents.preview",
      method: "POST",
      path: "/api/v1/incidents/preview",
      summary: "The level and the clocks that a report with these facts would have; keeps nothing",
      needs: "incidents:report",
      body: PreviewIncident,
      response: Preview,
      handler: ({ within, body }) =>
        within(async ({ now }) => {
          const { pack } = parts;
          const { level, reasons } = levelOf(body.facts, pack);
          const awareAt = body.awareAt ?? now;
          const subject = {
            awareAt,
            facts: body.facts,
            moments: [],
            ...(body.occurredAt === undefined ? {} : { occurredAt: body.occurredAt }),
          };
          const name = pack.levels.find((one) => one.level === level);
          return {
            pack: { id: pack.id, draft: pack.status === "draft" },
            level,
            levelName: { zh: name?.zh ?? String(level), en: name?.en ?? String(level) },
            reasons: [...reasons],
            clocks: clocksFor(subject, pack, now),
          };
        }),
    }),
    route({
      id: "incidents.get",
      method: "GET",
      path: "/api/v1/incidents/:id",
      summary: "One incident with its clocks, timeline, indicators and next acts",
      needs: "incidents:read",
      params: ById,
      response: IncidentDetail,
      handler: ({ within, params }) => within((work) => detailOf(work, parts, params.id)),
    }),
  ];
}

async function everyPage(
  store: IncidentStore,
  query: Omit<IncidentQuery, "limit" | "cursor">,
): Promise<Incident[]> {
  const all: Incident[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list({ ...query, limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    all.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && all.length < MOST_EXPORTED);
  return all;
}

function reportRoute(parts: RouteParts): Route {
  return route({
    id: "incidents.report",
    method: "POST",
    path: "/api/v1/incidents",
    summary: "Report an incident; the same Idempotency-Key with the same report is one incident",
    needs: "incidents:report",
    body: NewIncident,
    response: IncidentDetail,
    status: 201,
    handler: async ({ within, body, request }) => {
      const key = keyOf(request.headers["idempotency-key"]) ?? body.reportKey;
      const file = () =>
        within(async (work) => {
          const incident = await new Incidents(work, parts).report(body, key);
          return detailOf(work, parts, incident.id);
        });
      try {
        return await file();
      } catch (error) {
        // The same report twice at the same moment: the second try finds the first one's incident.
        if (key !== undefined && error instanceof Problem && error.code === "http.conflict") return file();
        throw error;
      }
    },
  });
}

function keyOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const read = ReportKey.safeParse(header);
  if (read.success) return read.data;
  throw new Problem("http.invalid", {
    faults: [{ path: "headers.idempotency-key", message: "1 to 200 printable ASCII characters" }],
  });
}

function actRoutes(parts: RouteParts): Route[] {
  const act = <Body extends z.ZodType>(
    name: Act,
    path: string,
    summary: string,
    body: Body,
    run: (incidents: Incidents, id: string, body: z.output<Body>) => Promise<Kept>,
  ): Route =>
    route({
      id: `incidents.${name}`,
      method: "POST",
      path: `/api/v1/incidents/:id/${path}`,
      summary,
      needs: ACT_NEEDS[name],
      params: ById,
      body,
      response: IncidentDetail,
      handler: (call) =>
        call.within(async (work) => {
          await run(new Incidents(work, parts), call.params.id, call.body as z.output<Body>);
          return detailOf(work, parts, call.params.id);
        }),
    });
  return [
    act(
      "change-facts",
      "facts",
      "New facts; where they change the level it is a report again",
      ChangeFacts,
      (incidents, id, body) => incidents.changeFacts(id, body),
    ),
    act(
      "add-indicators",
      "indicators",
      "Add indicators of compromise",
      AddIndicators,
      (incidents, id, body) => incidents.addIndicators(id, body.version, body.indicators),
    ),
    act("take", "take", "Take the report for level review", TakeReview, (incidents, id, body) =>
      incidents.take(id, body.version),
    ),
    act(
      "review",
      "review",
      "Agree to the level or change it, with grounds",
      ReviewLevel,
      (incidents, id, body) => incidents.review(id, body),
    ),
    act("note", "notes", "Note progress", ProgressNote, (incidents, id, body) => incidents.note(id, body)),
    act(
      "milestone",
      "milestones",
      "Note a moment of the duty pack, such as the forwarding",
      NoteMilestone,
      (incidents, id, body) => incidents.milestone(id, body),
    ),
    act("recover", "recovery", "Damage control or recovery is done", Recover, (incidents, id, body) =>
      incidents.recover(id, body),
    ),
    act(
      "close",
      "closing-report",
      "Hand in the closing report; closes the incident",
      CloseIncident,
      (incidents, id, body) => incidents.close(id, body),
    ),
    act(
      "reopen",
      "reopening",
      "Open a closed incident again, with grounds",
      ReopenIncident,
      (incidents, id, body) => incidents.reopen(id, body.version, body.grounds),
    ),
    act(
      "extend",
      "extensions",
      "Give more time for a duty that may be extended",
      ExtendDuty,
      (incidents, id, body) => incidents.extend(id, body),
    ),
    act("comment", "comments", "Comment", CommentIncident, (incidents, id, body) =>
      incidents.comment(id, body.text),
    ),
  ];
}

function shareRoute(parts: RouteParts): Route {
  return route({
    id: "incidents.share",
    method: "POST",
    path: "/api/v1/incidents/:id/share",
    summary: "Make a draft of intelligence for other members out of the incident",
    needs: ACT_NEEDS.share,
    params: ById,
    response: z.object({ itemId: z.uuid() }),
    status: 201,
    handler: ({ within, params }) =>
      within(async (work) => {
        const incidents = new Incidents(work, parts);
        const incident = await incidents.open(params.id, "share");
        const itemId = await parts.share(work, await detailOf(work, parts, params.id));
        await incidents.shared(incident, itemId);
        return { itemId };
      }),
  });
}
