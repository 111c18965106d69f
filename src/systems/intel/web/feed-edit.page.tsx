import { api, FormPage, Shown, toast, useForm, useGet, useGo, useParam, useTexts } from "../../../web/kit.ts";
import type { Feed } from "../feeds/model.ts";
import { FeedFields, FeedValues } from "./feed-fields.tsx";
import { FEEDS } from "./import-parts.tsx";

function EditFeed({ feed }: { readonly feed: Feed }) {
  const t = useTexts("intel");
  const go = useGo();
  const { id, name, url, reliability, format, tlp, everyMinutes } = feed;
  const form = useForm<FeedValues>({
    name: `intel.feed.${id}`,
    schema: FeedValues,
    initial: { name, url, reliability, format, tlp, everyMinutes },
  });
  return (
    <FormPage
      form={form}
      title={`${t("feed.edit")} ${name}`}
      submit={t("kit:save")}
      cancel={() => go(`/intel/feeds/${id}`)}
      touches={[FEEDS]}
      send={({ name: _, ...change }) =>
        api.patch<Feed>(
          `${FEEDS}/${id}`,
          // What is asked anew forgets what it saw; so only what was changed is sent.
          Object.fromEntries(
            Object.entries(change).filter(([key, value]) => value !== feed[key as keyof Feed]),
          ),
        )
      }
      done={() => {
        toast.done(t("feed.saved"));
        go(`/intel/feeds/${id}`);
      }}
    >
      <FeedFields form={form} named />
    </FormPage>
  );
}

export default function EditFeedPage() {
  const got = useGet<Feed>(`${FEEDS}/${useParam("id")}`);
  return <Shown of={got}>{(feed) => <EditFeed feed={feed} />}</Shown>;
}
