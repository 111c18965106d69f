import { z } from "zod";
import { type Route, route } from "../../../platform/http/route.ts";
import { actOnAll, assignAlert, assignees, closeAlert, commentAlert, reopenAlert } from "./acts.ts";
import { alertsAsCsv, alertsToExport } from "./export.ts";
import { listAlerts } from "./list.ts";
import {
  Alert,
  AlertComment,
  AlertDetail,
  AlertExport,
  AlertPage,
  AlertQuery,
  AlertTechniques,
  AssignAlert,
  AssignAlerts,
  Assignee,
  BulkResult,
  CloseAlert,
  CloseAlerts,
  CommentAlert,
  ReopenAlert,
  SightPage,
  SightQuery,
} from "./model.ts";
import { SightStore } from "./sights.ts";
import { AlertStore } from "./store.ts";
import { alertTechniques } from "./techniques.ts";

const OneAlert = z.object({ id: z.uuid() });

/** The alert queue over HTTP. */
export function alertRoutes(): Route[] {
  return [
    route({
      id: "alerts.list",
      method: "GET",
      path: "/api/v1/alerts",
      summary: "Alerts, filtered, newest or severest first",
      needs: "alerts:read",
      query: AlertQuery,
      response: AlertPage,
      handler: ({ within, query }) => within((work) => listAlerts(work, query)),
    }),
    route({
      id: "alerts.export",
      method: "GET",
      path: "/api/v1/alerts/export",
      summary: "What the list shows, as CSV or JSON, at most 10,000 rows",
      needs: "alerts:read",
      query: AlertExport,
      response: z.unknown(),
      produces: ["text/csv", "application/json"],
      perMinute: 10,
      async handler({ within, query, reply }) {
        const { format, ...filter } = query;
        const { alerts, truncated } = await within((work) => alertsToExport(work, filter));
        reply.header("content-disposition", `attachment; filename="alerts.${format}"`);
        reply.header("x-truncated", String(truncated));
        reply.type(format === "csv" ? "text/csv; charset=utf-8" : "application/json; charset=utf-8");
        return reply.send(format === "csv" ? alertsAsCsv(alerts) : JSON.stringify(alerts));
      },
    }),
    route({
      id: "alerts.assignees",
      method: "GET",
      path: "/api/v1/alerts/assignees",
      summary: "Whom an alert can be given to",
      needs: "alerts:work",
      response: z.array(Assignee),
      handler: ({ within }) => within(assignees),
    }),
    route({
      id: "alerts.techniques",
      method: "GET",
      path: "/api/v1/alerts/techniques",
      summary: "How many alerts name each technique of ATT&CK; what proved false does not count",
      needs: "alerts:read",
      response: AlertTechniques,
      handler: ({ within }) => within(alertTechniques),
    }),
    route({
      id: "alerts.get",
      method: "GET",
      path: "/api/v1/alerts/:id",
      summary: "One alert with its first events and what was said",
      needs: "alerts:read",
      params: OneAlert,
      response: AlertDetail,
      handler: ({ within, params }) => within((work) => new AlertStore(work).get(params.id)),
    }),
    route({
      id: "alerts.sights",
      method: "GET",
      path: "/api/v1/alerts/:id/sights",
      summary: "Hosts, addresses and users that the events of an alert named together",
      needs: "alerts:read",
      params: OneAlert,
      query: SightQuery,
      response: SightPage,
      handler: ({ within, params, query }) => within((work) => new SightStore(work).list(params.id, query)),
    }),
    route({
      id: "alerts.assign",
      method: "POST",
      path: "/api/v1/alerts/:id/assign",
      summary: "Give an alert to somebody, take it, or let it go",
      needs: "alerts:work",
      params: OneAlert,
      body: AssignAlert,
      response: Alert,
      handler: ({ within, params, body }) =>
        within((work) => assignAlert(work, { id: params.id, version: body.version }, body.to)),
    }),
    route({
      id: "alerts.comment",
      method: "POST",
      path: "/api/v1/alerts/:id/comments",
      summary: "Say something about an alert",
      needs: "alerts:work",
      params: OneAlert,
      body: CommentAlert,
      response: AlertComment,
      status: 201,
      handler: ({ within, params, body }) => within((work) => commentAlert(work, params.id, body.text)),
    }),
    route({
      id: "alerts.close",
      method: "POST",
      path: "/api/v1/alerts/:id/close",
      summary: "Close an alert with a reason",
      needs: "alerts:work",
      params: OneAlert,
      body: CloseAlert,
      response: Alert,
      handler: ({ within, params, body }) =>
        within((work) => closeAlert(work, { id: params.id, version: body.version }, body.reason, body.text)),
    }),
    route({
      id: "alerts.reopen",
      method: "POST",
      path: "/api/v1/alerts/:id/reopen",
      summary: "Put a closed alert back into the queue",
      needs: "alerts:work",
      params: OneAlert,
      body: ReopenAlert,
      response: Alert,
      handler: ({ within, params, body }) =>
        within((work) => reopenAlert(work, { id: params.id, version: body.version }, body.text)),
    }),
    route({
      id: "alerts.assign-many",
      method: "POST",
      path: "/api/v1/alerts/assign",
      summary: "Give several alerts to somebody",
      needs: "alerts:work",
      body: AssignAlerts,
      response: BulkResult,
      handler: ({ within, body }) =>
        within((work) => actOnAll(body.alerts, (alert) => assignAlert(work, alert, body.to))),
    }),
    route({
      id: "alerts.close-many",
      method: "POST",
      path: "/api/v1/alerts/close",
      summary: "Close several alerts with one reason",
      needs: "alerts:work",
      body: CloseAlerts,
      response: BulkResult,
      handler: ({ within, body }) =>
        within((work) => actOnAll(body.alerts, (alert) => closeAlert(work, alert, body.reason, body.text))),
    }),
  ];
}
