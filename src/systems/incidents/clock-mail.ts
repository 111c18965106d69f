import { z } from "zod";
import { type Instant, millis } from "../../core/instant.ts";
import type { Log } from "../../platform/log/log.ts";
import { type Mail, MailError, type Mailer } from "../../platform/mail/mail.ts";
import type { Delivered, Subscriber } from "../../platform/outbox/subscriber.ts";

const News = z.object({
  clockId: z.uuid(),
  number: z.string(),
  level: z.number(),
  duty: z.string(),
  zh: z.string(),
  en: z.string(),
  owedBy: z.string(),
  dueAt: z.iso.datetime(),
});
type News = z.infer<typeof News>;

export interface ClockMailParts {
  readonly mailer: Mailer;
  readonly log: Log;
  readonly nodeName: string;
  readonly publicUrl: string | undefined;
  /**
   * Groups of addresses that get a mail each, so that no organisation learns another's addresses: the contacts of
   * the organisation where it owes the duty, and the duty officers of this node always.
   */
  recipients(orgId: string, owedBy: string): Promise<readonly (readonly string[])[]>;
}

/** Mails who owes a duty when its time is nearly over, and again when it is over. */
export function clockMail(parts: ClockMailParts): Subscriber {
  return {
    name: "incidents.mail-overdue",
    topics: ["incidents.clock-near", "incidents.clock-overdue"],
    handle: async (event) => {
      const news = News.parse(event.data);
      if (!parts.mailer.configured) {
        parts.log.warn(
          { incident: news.number, duty: news.duty },
          "no mail server is configured; a clock's mail was not sent",
        );
        return;
      }
      const groups = (await parts.recipients(event.marked.orgId, news.owedBy)).filter(
        (group) => group.length > 0,
      );
      if (groups.length === 0)
        parts.log.warn(
          { incident: news.number, duty: news.duty },
          "nobody has an address for a clock's mail",
        );
      for (const [at, to] of groups.entries()) {
        try {
          await parts.mailer.send(mailOf(news, event, to, at, parts));
        } catch (error) {
          // Trying again cannot help a mail that is wrong in itself, and would hold up every mail after it.
          if (!(error instanceof MailError) || error.reason !== "bad-mail") throw error;
          parts.log.error(
            { err: error, incident: news.number, duty: news.duty },
            "a clock's mail cannot be sent",
          );
        }
      }
    },
  };
}

/** Number, level, duty and times: nothing of the incident that its marking could forbid. */
function mailOf(
  news: News,
  event: Delivered,
  to: readonly string[],
  group: number,
  parts: ClockMailParts,
): Mail {
  const overdue = event.topic === "incidents.clock-overdue";
  const due = taipeiTime(news.dueAt);
  const far = Math.abs(millis(event.at) - millis(news.dueAt));
  const owes =
    news.owedBy === "authority"
      ? { zh: "主管機關", en: "the authority" }
      : { zh: "通報機關", en: "the reporting organisation" };
  const link =
    parts.publicUrl === undefined
      ? []
      : [`${parts.publicUrl.replace(/\/$/, "")}/incidents/${event.subject}`, ""];
  const zh = [
    overdue
      ? `資安事件 ${news.number} 的「${news.zh}」已逾期。`
      : `資安事件 ${news.number} 的「${news.zh}」即將到期。`,
    "",
    `事件等級：第 ${news.level} 級`,
    `應辦單位：${owes.zh}`,
    `應完成時間：${due}（臺北時間）`,
    overdue
      ? `已逾期：${durationZh(far)}（計至 ${taipeiTime(event.at)}）`
      : `剩餘時間：${durationZh(far)}（計至 ${taipeiTime(event.at)}）`,
    "",
    "請登入平台辦理；本信不含事件內容。",
  ];
  const en = [
    overdue
      ? `"${news.en}" of incident ${news.number} is overdue.`
      : `"${news.en}" of incident ${news.number} is nearly due.`,
    "",
    `Level: ${news.level}`,
    `Owed by: ${owes.en}`,
    `Due: ${due} (Asia/Taipei)`,
    overdue
      ? `Late by: ${durationEn(far)} (at ${taipeiTime(event.at)})`
      : `Time left: ${durationEn(far)} (at ${taipeiTime(event.at)})`,
    "",
    "Please sign in to act on it. This mail holds nothing of the incident itself.",
  ];
  return {
    to,
    subject: `【${overdue ? "逾期" : "即將到期"}】${news.number} ${news.zh}（${due} 前）`,
    text: [...zh, "", ...link, "----", "", ...en, "", parts.nodeName].join("\n"),
    key: `${news.clockId}:${overdue ? "overdue" : "near"}:${news.dueAt}:${group}`,
  };
}

/** `2026-11-23 14:05`, in Taipei. */
export function taipeiTime(instant: Instant): string {
  return new Date(millis(instant) + 8 * 3_600_000).toISOString().slice(0, 16).replace("T", " ");
}

function durationZh(length: number): string {
  const { days, hours, minutes } = split(length);
  if (days > 0) return `${days} 天 ${hours} 小時`;
  return hours > 0 ? `${hours} 小時 ${minutes} 分鐘` : `${minutes} 分鐘`;
}

function durationEn(length: number): string {
  const { days, hours, minutes } = split(length);
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}

function split(length: number): { days: number; hours: number; minutes: number } {
  const minutes = Math.ceil(length / 60_000);
  return {
    days: Math.floor(minutes / 1440),
    hours: Math.floor((minutes % 1440) / 60),
    minutes: minutes % 60,
  };
}
