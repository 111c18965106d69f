import { Modal } from "antd";
import { useState } from "react";
import { z } from "zod";
import {
  api,
  ChoiceField,
  FormBody,
  Go,
  NumberField,
  Shown,
  StateTag,
  spanWords,
  Time,
  type Tone,
  type Translate,
  taipei,
  toast,
  useFilters,
  useForm,
  useGet,
  useNow,
  useTexts,
  useTouch,
} from "../../../web/kit.ts";
import { type IngestSource, type IngestSummary, MOST_SILENT_MINUTES, SOURCE_STATES } from "../model.ts";
import "./ingest.css";

export const SOURCES = "/api/v1/ingest/sources";
const SUMMARY = "/api/v1/ingest/summary";
/** Figures are written every few seconds, silence is looked for every minute. */
export const EVERY = 15_000;
const HOUR_MILLIS = 3_600_000;
const HOURS = 24;
const MINUTE_SECONDS = 60;

type State = "flowing" | "waiting" | "silent" | "refused" | "dropped" | "unparsed";
const TONES: Readonly<Record<State, Tone>> = {
  flowing: "done",
  waiting: "quiet",
  silent: "bad",
  refused: "bad",
  dropped: "bad",
  unparsed: "waiting",
};

/** What ails a source, the worst first. That it is silent is the alarm's word, not this page's. */
export function stateOf(source: IngestSource): State {
  const { lastSeen, lastErrorAt, hours } = source;
  if (source.silentSince !== null) return "silent";
  if (lastErrorAt !== null && (lastSeen === null || lastErrorAt >= lastSeen)) return "refused";
  if (lastSeen === null) return "waiting";
  if (hours.some(({ dropped }) => dropped > 0)) return "dropped";
  return source.unparsed * 2 > source.received ? "unparsed" : "flowing";
}

/** Its state; a silent source leads to its alert. */
export function SourceStateTag({ of }: { readonly of: IngestSource }) {
  const t = useTexts("detection");
  const now = useNow(60_000);
  const state = stateOf(of);
  const tag = <StateTag tone={TONES[state]}>{t(`source.state.${state}`)}</StateTag>;
  if (of.silentSince === null) return tag;
  return (
    <>
      {of.silentAlert === null ? tag : <Go to={`/alerts/${of.silentAlert}`}>{tag}</Go>}
      <span className="cell-two muted small">{spanWords(now - Date.parse(of.silentSince), t)}</span>
    </>
  );
}

/** Seconds in words: `0.4 秒`, `3 小時`. */
export function lagWords(seconds: number, t: Translate): string {
  const size = Math.abs(seconds);
  const words =
    size < MINUTE_SECONDS
      ? t("source.seconds", { seconds: size < 10 ? size.toFixed(1) : size.toFixed(0) })
      : spanWords(size * 1000, t);
  return seconds < 0 ? t("source.lag.ahead", { span: words }) : words;
}

/** How long lines took: from the device to the node, and from there into the store. */
export function Lags({ of }: { readonly of: Pick<IngestSource, "storeLag" | "eventLag"> }) {
  const t = useTexts("detection");
  const told = [
    ...(of.eventLag === null ? [] : [t("source.lag.event", { span: lagWords(of.eventLag, t) })]),
    ...(of.storeLag === null ? [] : [t("source.lag.store", { span: lagWords(of.storeLag, t) })]),
  ];
  return told.map((words) => (
    <span key={words} className="cell-two muted small">
      {words}
    </span>
  ));
}

/** How many, and what share of the whole. */
export function Count({ of, share }: { readonly of: number; readonly share?: number }) {
  const percent =
    share === undefined || share === 0 || of === 0 ? "" : ` (${((of / share) * 100).toFixed(1)}%)`;
  return (
    <>
      {of.toLocaleString("en")}
      <span className="muted">{percent}</span>
    </>
  );
}

/** The last day hour by hour: lines, of them not understood, and the hours in which some were lost. */
export function Hours({ of, height = 20 }: { readonly of: IngestSource["hours"]; readonly height?: number }) {
  const t = useTexts("detection");
  const now = useNow(60_000);
  const first = (Math.floor(now / HOUR_MILLIS) - HOURS + 1) * HOUR_MILLIS;
  const known = new Map(of.map((hour) => [Date.parse(hour.hour), hour]));
  const most = Math.max(1, ...of.map(({ received }) => received));
  const sum = of.reduce((all, { received }) => all + received, 0);
  const lost = of.reduce((all, { dropped }) => all + dropped, 0);
  const words = t("source.hours.words", {
    sum: sum.toLocaleString("en"),
    most: of.length === 0 ? "0" : most.toLocaleString("en"),
    lost: lost.toLocaleString("en"),
  });
  return (
    <svg className="ingest-hours" width={HOURS * 4} height={height} role="img" aria-label={words}>
      <title>{words}</title>
      <line x1="0" x2={HOURS * 4} y1={height - 0.5} y2={height - 0.5} />
      {Array.from({ length: HOURS }, (_, at) => {
        const from = first + at * HOUR_MILLIS;
        const hour = known.get(from);
        if (hour === undefined) return null;
        const tall = hour.received === 0 ? 0 : Math.max(1, (hour.received / most) * (height - 2));
        const bad = hour.received === 0 ? 0 : (hour.unparsed / hour.received) * tall;
        return (
          <g key={from}>
            <title>
              {t("source.hours.one", {
                at: taipei(from),
                received: hour.received.toLocaleString("en"),
                unparsed: hour.unparsed.toLocaleString("en"),
                dropped: hour.dropped.toLocaleString("en"),
              })}
            </title>
            <rect x={at * 4} y={height - 1 - tall} width="3" height={tall} />
            <rect className="ingest-bad" x={at * 4} y={height - 1 - bad} width="3" height={bad} />
            {hour.dropped > 0 && <rect className="ingest-lost" x={at * 4} y="0" width="3" height="3" />}
          </g>
        );
      })}
    </svg>
  );
}

/** Why something was last not taken, whole: the kind of it in words, its particulars as they were noted. */
export function refusalWords(of: IngestSource, t: Translate): string {
  const { lastErrorCode: code, lastError: detail } = of;
  if (code === null) return detail ?? "";
  const words = t(`problem:${code}`);
  return detail === null || detail === "" ? words : `${words} ${detail}`;
}

export function Refusal({ of }: { readonly of: IngestSource }) {
  const t = useTexts("detection");
  if (of.lastErrorAt === null) return null;
  return (
    <span className="cell-two small ingest-refusal">
      <span className="muted">
        {t("source.error")} <Time at={of.lastErrorAt} />
      </span>{" "}
      {refusalWords(of, t)}
    </span>
  );
}

/** After how long it counts as silent, and who says so. */
export function Allowed({ of }: { readonly of: IngestSource }) {
  const t = useTexts("detection");
  const { silentAfterMinutes: minutes, silentAfterFrom: from } = of;
  if (from === null) return <span className="muted">{t("source.silence.unknown")}</span>;
  return (
    <>
      {minutes === null ? t("source.silence.never") : spanWords(minutes * 60_000, t)}
      <span className="cell-two muted small">{t(`source.silence.from.${from}`)}</span>
    </>
  );
}

/** All sources under the filter of the page, in sum. */
export function Sum() {
  const t = useTexts("detection");
  const [filters, setFilters] = useFilters();
  const query = Object.fromEntries(
    ["org", "channel", "q", "state"].flatMap((name) => {
      const value = filters[name];
      const isKnown = name !== "state" || SOURCE_STATES.some((state) => state === value);
      return value === undefined || value === "" || !isKnown ? [] : [[name, value]];
    }),
  );
  const got = useGet<IngestSummary>(SUMMARY, { query, every: EVERY });
  return (
    <Shown of={got}>
      {(sum) => (
        <dl className="ingest-sum">
          <div>
            <dt>{t("source.sum.silent")}</dt>
            <dd>
              {sum.silent === 0 ? (
                <StateTag tone="done">0</StateTag>
              ) : (
                <button type="button" className="link" onClick={() => setFilters({ state: "silent" })}>
                  <StateTag tone="bad">{`${sum.silent} / ${sum.sources}`}</StateTag>
                </button>
              )}
            </dd>
          </div>
          {(
            ["received", "parsed", "unparsed", "refused", "cut", "dropped", "spooled", "alerts"] as const
          ).map((key) => (
            <div key={key}>
              <dt>{t(`source.${key}`)}</dt>
              <dd>
                <Count
                  of={sum[key]}
                  {...(key === "parsed" || key === "unparsed" ? { share: sum.received } : {})}
                />
              </dd>
            </div>
          ))}
          <div>
            <dt>{t("source.sum.lag")}</dt>
            <dd>
              {sum.storeLag === null ? <span className="muted">–</span> : lagWords(sum.storeLag, t)}
              {sum.eventLag !== null && (
                <span className="muted"> {t("source.lag.event", { span: lagWords(sum.eventLag, t) })}</span>
              )}
            </dd>
          </div>
          <div>
            <dt>{t("source.hours")}</dt>
            <dd>
              <Hours of={sum.hours} height={24} />
            </dd>
          </div>
        </dl>
      )}
    </Shown>
  );
}

const Allow = z.object({
  how: z.enum(["default", "never", "minutes"]),
  silentAfterMinutes: z.number().int().min(1).max(MOST_SILENT_MINUTES).nullable(),
});
type Allow = z.infer<typeof Allow>;

function SilenceForm({ source, close }: { readonly source: IngestSource; readonly close: () => void }) {
  const t = useTexts("detection");
  const touch = useTouch();
  const { silentAfterFrom: from, silentAfterMinutes: minutes } = source;
  const form = useForm<Allow>({
    name: `ingest.silence.${source.orgId}.${source.name}`,
    schema: Allow,
    initial: {
      how: from !== "person" ? "default" : minutes === null ? "never" : "minutes",
      silentAfterMinutes: minutes ?? 60,
    },
  });
  const { how } = form.values;
  return (
    <FormBody
      form={form}
      submit={t("source.silence.send")}
      cancel={close}
      send={(values) =>
        api.post<IngestSource>(`${SOURCES}/silence`, {
          orgId: source.orgId,
          name: source.name,
          silentAfterMinutes:
            values.how === "default" ? null : values.how === "never" ? 0 : (values.silentAfterMinutes ?? 60),
        })
      }
      done={() => {
        void touch([SOURCES, SUMMARY]);
        toast.done(t("source.silence.done", { name: source.name }));
        close();
      }}
    >
      <ChoiceField
        form={form}
        name="how"
        label={t("source.silence")}
        required
        options={(["default", "minutes", "never"] as const).map((value) => ({
          value,
          label: t(`source.silence.${value}`),
          why: t(`source.silence.${value}.why`),
        }))}
      />
      {how === "minutes" && (
        <NumberField
          form={form}
          name="silentAfterMinutes"
          label={t("source.silence.limit")}
          required
          min={1}
          max={MOST_SILENT_MINUTES}
          unit={t("source.silence.unit")}
        />
      )}
    </FormBody>
  );
}

/** Lets a person say how long a source may be silent. */
export function useSilenceDialog(): { ask: (source: IngestSource) => void; dialog: React.ReactNode } {
  const t = useTexts("detection");
  const [source, setSource] = useState<IngestSource>();
  const close = () => setSource(undefined);
  return {
    ask: setSource,
    dialog: (
      <Modal
        open={source !== undefined}
        title={t("source.silence.title", { name: source?.name ?? "" })}
        footer={null}
        destroyOnHidden
        onCancel={close}
      >
        {source !== undefined && <SilenceForm source={source} close={close} />}
      </Modal>
    ),
  };
}
