import { api, FormPage, Shown, toast, useForm, useGet, useGo, useParam, useTexts } from "../../../web/kit.ts";
import type { Feed } from "../feeds/model.ts";
import { FeedFields, FeedValues, loginOf, NO_LOGIN } from "./feed-fields.tsx";
import { FEEDS } from "./import-parts.tsx";

function EditFeed({ feed }: { readonly feed: Feed }) {
  const t = useTexts("intel");
  const go = useGo();
  const { id, name, url, reliability, format, tlp, everyMinutes } = feed;
  const form = useForm<FeedValues>({
    name: `intel.feed.${id}`,
    schema: FeedValues,
    initial: {
      name,
      url,
      reliability,
      format,
      tlp,
      everyMinutes,
      ...NO_LOGIN,
      loginKind: feed.login === null ? "none" : "keep",
    },
    secret: ["secret"],
  });
  return (
    <FormPage
      form={form}
      title={`${t("feed.edit")} ${name}`}
      submit={t("kit:save")}
      cancel={() => go(`/intel/feeds/${id}`)}
      touches={[FEEDS]}
      send={(values) => {
        const { name: _, loginKind: __, loginName: ___, secret: ____, ...change } = values;
        const login = loginOf(values);
        const sameLogin = login === undefined || (login === null && feed.login === null);
        return api.patch<Feed>(`${FEEDS}/${id}`, {
          // What is asked anew forgets what it saw; so only what was changed is sent.
          ...Object.fromEntries(
            Object.entries(change).filter(([key, value]) => value !== feed[key as keyof Feed]),
          ),
          ...(sameLogin ? {} : { login }),
        });
      }}
      done={() => {
        toast.done(t("feed.saved"));
        go(`/intel/feeds/${id}`);
      }}
    >
      <FeedFields form={form} named held={feed.login} />
    </FormPage>
  );
}

export default function EditFeedPage() {
  const got = useGet<Feed>(`${FEEDS}/${useParam("id")}`);
  return <Shown of={got}>{(feed) => <EditFeed feed={feed} />}</Shown>;
}
