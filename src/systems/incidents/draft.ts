import type { Tlp } from "../../core/tlp.ts";
import { type IncidentDetail, indicatorsOf, type SharedIndicator } from "./model.ts";

/** What intel is given to make a draft of; it removes the secrets and what it knows of the organisation itself. */
export interface IncidentDraft {
  readonly orgId: string;
  readonly tlp: Tlp;
  readonly title: string;
  readonly description: string;
  readonly indicators: readonly SharedIndicator[];
  readonly incident: { readonly id: string; readonly number: string };
  readonly secrets: {
    readonly names: readonly string[];
    readonly people: readonly string[];
    readonly hosts: readonly string[];
  };
}

/** The incident as a draft for others: what happened and the indicators, with the words that must not leave named. */
export function draftOf(incident: IncidentDetail): IncidentDraft {
  const told = [
    incident.facts.narrative,
    incident.closingReport?.rootCause ?? "",
    incident.closingReport?.improvement ?? "",
  ];
  const people = new Set([
    incident.reporter,
    ...incident.timeline.filter((one) => one.actor.kind === "person").map((one) => one.actor.name),
  ]);
  return {
    orgId: incident.orgId,
    tlp: incident.tlp,
    title: incident.title,
    description: told.filter((text) => text !== "").join("\n\n"),
    indicators: indicatorsOf(incident),
    incident: { id: incident.id, number: incident.number },
    secrets: {
      names: [
        incident.number,
        ...(incident.orgName === null ? [] : [incident.orgName.zh, incident.orgName.en]),
      ],
      people: [...people],
      hosts: incident.facts.systems,
    },
  };
}
