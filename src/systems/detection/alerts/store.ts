import { Problem } from "../../../core/problem.ts";
import { uuidV7 } from "../../../platform/crypto/digest.ts";
import { visible } from "../../../platform/records/visible.ts";
import type { Work } from "../../../platform/records/work.ts";
import { clean, indicatorsOf } from "./entities.ts";
import type { Alert, AlertComment, AlertDetail, SampleEvent } from "./model.ts";
import {
  type AlertTable,
  type AlertTables,
  LISTED,
  presentAlert,
  presentComment,
  presentSample,
} from "./tables.ts";

/** What an act of a person leaves behind on the row. */
export type AlertChange = Partial<
  Pick<AlertTable, "state" | "reason" | "reason_text" | "assignee_id" | "assignee_name" | "incident_id">
>;

/** Alerts as people read and work them, and what they said. */
export class AlertStore {
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  async get(id: string): Promise<AlertDetail> {
    const row = await this.db
      .selectFrom("alert")
      .select([...LISTED, "sample"])
      .where("id", "=", id)
      .where(visible(this.work, "alert"))
      .executeTakeFirst();
    if (row === undefined) throw new Problem("http.not-found");
    const comments = await this.db
      .selectFrom("alert_comment")
      .selectAll()
      .where("alert_id", "=", id)
      .orderBy("seq")
      .execute();
    const alert = presentAlert(row);
    return {
      ...alert,
      sample: withoutForeign(presentSample(row.sample), this.work.scope.orgIds),
      comments: comments.map(presentComment),
      indicators: indicatorsOf(alert),
    };
  }

  /** The alert as it stands, held until the work ends. */
  async hold(id: string): Promise<Alert> {
    const row = await this.db
      .selectFrom("alert")
      .select(LISTED)
      .where("id", "=", id)
      .where(visible(this.work, "alert"))
      .forUpdate()
      .executeTakeFirst();
    // What was released to a reader may be seen and not changed.
    if (row === undefined || !this.work.scope.orgIds.includes(row.org_id))
      throw new Problem("http.not-found");
    return presentAlert(row);
  }

  /** Writes what a person did and what was said with it. */
  async change(
    alert: Alert,
    change: AlertChange,
    said: Pick<AlertComment, "act" | "detail" | "text">,
  ): Promise<Alert> {
    const row = await this.db
      .updateTable("alert")
      .set({ ...change, version: alert.version + 1, changed_at: this.work.now })
      .where("id", "=", alert.id)
      .returning(LISTED)
      .executeTakeFirstOrThrow();
    await this.say(alert.id, said);
    return presentAlert(row);
  }

  async say(alertId: string, said: Pick<AlertComment, "act" | "detail" | "text">): Promise<AlertComment> {
    const { actor } = this.work.scope;
    const row = await this.db
      .insertInto("alert_comment")
      .values({
        id: uuidV7(),
        alert_id: alertId,
        at: this.work.now,
        actor_id: actor.id,
        actor_name: actor.name,
        act: said.act,
        detail: said.detail,
        text: clean(said.text),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return presentComment(row);
  }

  private get db() {
    return this.work.tables<AlertTables>();
  }
}

/** The field in which an alert across organisations names members (ECS). */
const MEMBER = "organization.id";

/** Events as a reader may see them: an alert across organisations names only those in the reader's sight. */
function withoutForeign(sample: readonly SampleEvent[], orgIds: readonly string[]): SampleEvent[] {
  const isOwn = (value: unknown) => typeof value === "string" && orgIds.includes(value);
  return sample.map((event) => {
    const named = event.record[MEMBER];
    if (named === undefined) return event;
    const { [MEMBER]: _, ...record } = event.record;
    const seen = [named].flat().filter(isOwn);
    return {
      ...event,
      why: event.why.filter(({ field, value }) => field !== MEMBER || isOwn(value)),
      record: seen.length === 0 ? record : { ...record, [MEMBER]: Array.isArray(named) ? seen : seen[0] },
    };
  });
}
