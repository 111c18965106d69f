import { Problem } from "../../../core/problem.ts";
import type { Work } from "../../../platform/records/work.ts";
import { peopleWho } from "../../members/index.ts";
import { indicatorsOf, joinEntities, noEntities } from "./entities.ts";
import type {
  Alert,
  AlertComment,
  AlertState,
  Assignee,
  BulkResult,
  CloseReason,
  Entities,
  Indicator,
} from "./model.ts";
import { type AlertAct, stateAfter } from "./rules.ts";
import { type AlertChange, AlertStore } from "./store.ts";

/** An alert as the person saw it; another version by now is `http.conflict`. */
export interface SeenAlert {
  readonly id: string;
  readonly version: number;
}

interface Act {
  readonly act: AlertAct;
  readonly audit: string;
  readonly change: AlertChange;
  readonly said: Pick<AlertComment, "act" | "detail" | "text">;
}

/** Whom an alert can be given to: people in sight who may work on alerts. */
export function assignees(work: Work): Promise<Assignee[]> {
  return peopleWho(work, "alerts:work");
}

/** Gives the alert to `me`, to `none` or to an account in sight. */
export async function assignAlert(work: Work, seen: SeenAlert, to: string): Promise<Alert> {
  const assignee = await assigneeOf(work, to);
  return perform(work, await holdSeen(work, seen), {
    act: assignee === null ? "unassign" : "assign",
    audit: "alerts.assign",
    change: { assignee_id: assignee?.id ?? null, assignee_name: assignee?.name ?? null },
    said: { act: assignee === null ? "unassigned" : "assigned", detail: assignee?.name ?? null, text: "" },
  });
}

export async function closeAlert(
  work: Work,
  seen: SeenAlert,
  reason: CloseReason,
  text: string,
): Promise<Alert> {
  return perform(work, await holdSeen(work, seen), {
    act: "close",
    audit: "alerts.close",
    change: { reason, reason_text: text },
    said: { act: "closed", detail: reason, text },
  });
}

/** Back to the queue, for anybody to take. */
export async function reopenAlert(work: Work, seen: SeenAlert, text: string): Promise<Alert> {
  return perform(work, await holdSeen(work, seen), {
    act: "reopen",
    audit: "alerts.reopen",
    change: { reason: null, reason_text: null, assignee_id: null, assignee_name: null },
    said: { act: "reopened", detail: null, text },
  });
}

export async function commentAlert(work: Work, id: string, text: string): Promise<AlertComment> {
  const store = new AlertStore(work);
  const alert = await store.hold(id);
  const comment = await store.say(id, { act: "comment", detail: null, text });
  work.audit({ action: "alerts.comment", subject: id, detail: { comment: comment.id } });
  tellChanged(work, alert);
  return comment;
}

/** Closes an alert as handled when nobody took it over; whoever has it, or closed it before, is told in a comment. */
export async function settleAlert(work: Work, id: string, text: string): Promise<void> {
  const { state, version } = await new AlertStore(work).hold(id);
  if (state === "new") await closeAlert(work, { id, version }, "handled", text);
  else await commentAlert(work, id, text);
}

/** What incidents learns of the alerts that it takes over. */
export interface LinkedAlerts {
  readonly alerts: readonly Alert[];
  readonly entities: Entities;
  readonly indicators: readonly Indicator[];
}

/**
 * Marks alerts as raised to an incident, all of them or none. Throws alerts.already-closed, alerts.already-raised, or
 * http.not-found for one that the scope may not work on.
 */
export async function linkAlerts(
  work: Work,
  alertIds: readonly string[],
  incidentId: string,
): Promise<LinkedAlerts> {
  const store = new AlertStore(work);
  const alerts: Alert[] = [];
  let entities = noEntities();
  // One order for all, so that two people who raise the same alerts do not wait for each other.
  for (const id of [...new Set(alertIds)].sort()) {
    const alert = await perform(work, await store.hold(id), {
      act: "raise",
      audit: "alerts.raise",
      change: { incident_id: incidentId },
      said: { act: "raised", detail: incidentId, text: "" },
    });
    alerts.push(alert);
    entities = joinEntities(entities, alert.entities);
  }
  return { alerts, entities, indicators: indicatorsOf({ entities }) };
}

/** One act on many alerts; those that refuse it are told apart and hinder no other. */
export async function actOnAll(
  seen: readonly SeenAlert[],
  act: (alert: SeenAlert) => Promise<Alert>,
): Promise<BulkResult> {
  const result: BulkResult = { done: [], refused: [] };
  for (const alert of [...seen].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    try {
      result.done.push(await act(alert));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      result.refused.push({ id: alert.id, code: error.code });
    }
  }
  return result;
}

async function holdSeen(work: Work, seen: SeenAlert): Promise<Alert> {
  const alert = await new AlertStore(work).hold(seen.id);
  if (alert.version !== seen.version) {
    throw new Problem("http.conflict", { detail: `the alert is at version ${alert.version} by now` });
  }
  return alert;
}

async function perform(work: Work, alert: Alert, { act, audit, change, said }: Act): Promise<Alert> {
  const after = stateAfter(alert.state, act);
  if ("problem" in after) throw new Problem(after.problem);
  const changed = await new AlertStore(work).change(alert, { ...change, state: after.state }, said);
  work.audit({
    action: audit,
    subject: alert.id,
    detail: { from: alert.state, to: changed.state, with: said.detail },
  });
  tellChanged(work, changed);
  return changed;
}

function tellChanged(work: Work, alert: Alert): void {
  const { id, orgId, tlp, version, assignee } = alert;
  const state: AlertState = alert.state;
  work.emit({
    topic: "alerts.changed",
    subject: id,
    marked: { orgId, tlp, audience: [] },
    data: { state, version, assignee },
  });
}

async function assigneeOf(work: Work, to: string): Promise<{ id: string; name: string } | null> {
  if (to === "none") return null;
  const { actor } = work.scope;
  const mine = to === "me" || to === actor.id;
  const person = (await assignees(work)).find(({ id }) => id === (mine ? actor.id : to));
  // A machine with a key is no account; it goes by its own name.
  if (mine) return { id: actor.id, name: person?.name ?? actor.name };
  if (person === undefined) {
    throw new Problem("http.invalid", {
      faults: [{ path: "body.to", message: "no such account in your sight" }],
    });
  }
  return { id: person.id, name: person.name };
}
