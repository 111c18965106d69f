import { api, FormPage, useForm, useGo, useTexts } from "../../../web/kit.ts";
import type { Feed } from "../feeds/model.ts";
import { FeedFields, FeedValues, loginOf, NO_LOGIN } from "./feed-fields.tsx";
import { FEEDS } from "./import-parts.tsx";

export default function NewFeedPage() {
  const t = useTexts("intel");
  const go = useGo();
  const form = useForm<FeedValues>({
    name: "intel.feed",
    schema: FeedValues,
    initial: {
      name: "",
      url: "",
      reliability: "F",
      format: null,
      tlp: "green",
      everyMinutes: 60,
      ...NO_LOGIN,
    },
    secret: ["secret"],
  });
  return (
    <FormPage
      form={form}
      title={t("feed.new")}
      lead={t("feed.lead")}
      submit={t("kit:save")}
      cancel={() => go("/intel/feeds")}
      touches={[FEEDS]}
      send={({ loginKind, loginName, secret, ...values }) =>
        api.post<Feed>(FEEDS, {
          ...values,
          login: loginOf({ ...values, loginKind, loginName, secret }) ?? null,
        })
      }
      done={({ id }) => go(`/intel/feeds/${id}`)}
    >
      <FeedFields form={form} />
    </FormPage>
  );
}
