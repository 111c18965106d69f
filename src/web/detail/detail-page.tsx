import { ArrowLeftOutlined } from "@ant-design/icons";
import { Button, Input } from "antd";
import { type ReactNode, useId, useState } from "react";
import type { Instant } from "../../core/instant.ts";
import { useTexts } from "../i18n.ts";
import { kept } from "../kept.ts";
import { Empty } from "../parts/faces.tsx";
import { type Fact, Facts } from "../parts/small.tsx";
import type { Tone } from "../parts/tags.tsx";
import { Time, TimeLeft } from "../parts/time.tsx";
import { Go, useGoBack } from "../route.tsx";
import { useSession } from "../session.ts";

/** Something that happened to the thing, newest first or oldest first as the page gives them. */
export interface Moment {
  readonly id: string;
  readonly at: Instant;
  readonly who?: string | undefined;
  readonly what: ReactNode;
  readonly body?: ReactNode;
  readonly tone?: Tone;
}

interface NextAct {
  /** What must be done now, as a sentence. */
  readonly text: ReactNode;
  readonly due?: Instant | null | undefined;
  readonly act?: ReactNode;
}

interface DetailPageProps {
  readonly back?: { readonly to: string; readonly label: string };
  readonly title: string;
  readonly tags?: ReactNode;
  /** A line or two under the title. */
  readonly summary?: ReactNode;
  readonly next?: NextAct | undefined;
  readonly acts?: ReactNode;
  readonly facts: readonly Fact[];
  /** What runs out, above everything else: on a phone before the narrative, on a wide screen at the side. */
  readonly deadlines?: ReactNode;
  /** Further boxes under the facts. */
  readonly side?: ReactNode;
  readonly timeline?: readonly Moment[];
  readonly timelineTitle?: string;
  /** Sections behind the timeline. */
  readonly below?: ReactNode;
  readonly timelineTop?: ReactNode;
  readonly children?: ReactNode;
}

export function Timeline({ of }: { readonly of: readonly Moment[] }) {
  const t = useTexts();
  if (of.length === 0) return <Empty title={t("timeline.none")} />;
  return (
    <ol className="timeline">
      {of.map(({ id, at, who, what, body, tone = "quiet" }) => (
        <li key={id} className={`moment moment-${tone}`}>
          <p className="moment-head">
            <Time at={at} seconds /> {who !== undefined && <strong>{who}</strong>} <span>{what}</span>
          </p>
          {body !== undefined && body !== null && <div className="moment-body">{body}</div>}
        </li>
      ))}
    </ol>
  );
}

/** One thing: what it is and what must be done at the top, what happened in the middle, facts at the side. */
export function DetailPage(props: DetailPageProps) {
  const t = useTexts();
  const { back, title, tags, summary, next, acts, facts, deadlines, side, timeline, timelineTop, children } =
    props;
  const id = useId();
  const goBack = useGoBack();
  return (
    <div className="page page-detail">
      <header className="detail-head">
        {back !== undefined && (
          <Go
            to={back.to}
            className="back"
            onClick={(event) => {
              if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
              event.preventDefault();
              goBack(back.to);
            }}
          >
            <ArrowLeftOutlined aria-hidden="true" /> {back.label}
          </Go>
        )}
        <div className="title-row">
          <h1>{title}</h1>
          {acts !== undefined && <div className="row wrap">{acts}</div>}
        </div>
        {tags !== undefined && <div className="row wrap">{tags}</div>}
        {summary !== undefined && <div className="lead">{summary}</div>}
        {next !== undefined && (
          <div className="next">
            <span className="next-label">{t("next")}</span>
            <span className="next-text">{next.text}</span>
            {next.due !== undefined && next.due !== null && <TimeLeft due={next.due} />}
            {next.act}
          </div>
        )}
      </header>
      <div className="detail-body">
        {deadlines !== undefined && <div className="detail-deadlines">{deadlines}</div>}
        <div className="detail-middle">
          {children}
          {timeline !== undefined && (
            <section className="section" aria-labelledby={id}>
              <header className="section-head">
                <h2 id={id}>{props.timelineTitle ?? t("timeline")}</h2>
              </header>
              {timelineTop}
              <Timeline of={timeline} />
            </section>
          )}
          {props.below}
        </div>
        <aside className="detail-side" aria-label={t("facts")}>
          <Facts of={facts} />
          {side}
        </aside>
      </div>
    </div>
  );
}

interface CommentBoxProps {
  /** Under which the draft is kept: `alerts.0190...`. */
  readonly name: string;
  /** Resolves to undefined when refused: the text then stays. */
  readonly send: (text: string) => Promise<unknown>;
}

/** Words about the thing; kept on the device until sent. Ctrl+Enter sends. */
export function CommentBox({ name, send }: CommentBoxProps) {
  const t = useTexts();
  const { account } = useSession();
  const key = `draft.${account.id}.comment.${name}`;
  const [text, setText] = useState(() => kept.read(key) ?? "");
  const [busy, setBusy] = useState(false);
  const change = (words: string) => {
    setText(words);
    if (words === "") kept.drop(key);
    else kept.write(key, words);
  };
  const post = async () => {
    if (text.trim() === "" || busy) return;
    setBusy(true);
    const answer = await send(text.trim()).catch(() => undefined);
    setBusy(false);
    if (answer !== undefined) change("");
  };
  return (
    <div className="comment-box stack">
      <Input.TextArea
        id="comment"
        aria-label={t("comment.label")}
        placeholder={t("comment.label")}
        autoSize={{ minRows: 2, maxRows: 10 }}
        value={text}
        onChange={(event) => change(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void post();
        }}
      />
      <div className="row end">
        <span className="muted small">{t("comment.how")}</span>
        <Button size="small" loading={busy} disabled={text.trim() === ""} onClick={() => void post()}>
          {t("comment.send")}
        </Button>
      </div>
    </div>
  );
}
