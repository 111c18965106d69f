import { SECTOR_AUDIENCE } from "../../core/org.ts";
import type { Fault, ProblemCode } from "../../core/problem.ts";
import { EVERYONE } from "../../core/scope.ts";
import { type Tlp, tlpLabel } from "../../core/tlp.ts";
import type { IntelState, Recipient } from "./model.ts";

export type Act = "edit" | "submit" | "reject" | "approve" | "release" | "withdraw";

const STEPS: Readonly<Record<Act, { readonly from: readonly IntelState[]; readonly to: IntelState }>> = {
  edit: { from: ["draft"], to: "draft" },
  submit: { from: ["draft"], to: "in-review" },
  reject: { from: ["in-review", "approved"], to: "draft" },
  approve: { from: ["in-review"], to: "approved" },
  release: { from: ["approved"], to: "released" },
  withdraw: { from: ["released"], to: "withdrawn" },
};

/** The state after an act, or nothing where the act does not fit the state. */
export function stateAfter(state: IntelState, act: Act): IntelState | undefined {
  return STEPS[act].from.includes(state) ? STEPS[act].to : undefined;
}

/** Why this person may not decide on the item: four eyes, so nobody who wrote on it (mission I4). */
export function approvalRefusal(
  item: { readonly authorIds: readonly string[] },
  actorId: string,
): ProblemCode | undefined {
  return item.authorIds.includes(actorId) ? "intel.own-approval" : undefined;
}

/**
 * What the marking forbids of these recipients (TLP 2.0, FIRST 2022): RED goes to named recipients only,
 * AMBER+STRICT and AMBER stay with those who need to know and so never go to everyone, GREEN stays in the
 * community, CLEAR may go anywhere. Nobody at all is a fault, too.
 */
export function recipientFaults(tlp: Tlp, recipients: readonly Recipient[]): Fault[] {
  if (recipients.length === 0) return [{ path: "recipients", message: "choose at least one recipient" }];
  return recipients.flatMap((recipient, at) =>
    allows(tlp, recipient)
      ? []
      : [{ path: `recipients.${at}`, message: `${tlpLabel(tlp)} may not go to ${named(recipient)}` }],
  );
}

function allows(tlp: Tlp, recipient: Recipient): boolean {
  if (tlp === "red") return recipient.kind === "organisation";
  if (tlp === "amber" || tlp === "amber+strict") return recipient.kind !== "everyone";
  return true;
}

function named(recipient: Recipient): string {
  if (recipient.kind === "organisation") return "one organisation";
  return recipient.kind === "sector" ? "a whole sector" : "everyone";
}

/** The ids under which rows are released. */
export function audienceOf(recipients: readonly Recipient[]): string[] {
  return [...new Set(recipients.map(audienceId))];
}

function audienceId(recipient: Recipient): string {
  if (recipient.kind === "organisation") return recipient.id;
  return recipient.kind === "sector" ? SECTOR_AUDIENCE[recipient.sector] : EVERYONE;
}

/** The collection that carries a release: that of the sector when it goes to just one, the community's otherwise. */
export function collectionAliasOf(recipients: readonly Recipient[], aliases: readonly string[]): string {
  const [first, ...others] = recipients;
  if (first?.kind === "sector" && others.length === 0 && aliases.includes(first.sector)) return first.sector;
  return COMMUNITY;
}

export const COMMUNITY = "community";

/** The collection into which members push (TAXII 2.1 section 5.5). */
export const INBOX = "inbox";
