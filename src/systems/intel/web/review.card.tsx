import { Go, HomeBox, type ListAnswer, Shown, Time, TlpTag, useGet, useTexts } from "../../../web/kit.ts";
import type { ItemRow } from "../model.ts";
import { ITEMS } from "./parts.tsx";

/** Items that wait for a reviewer. */
export default function ReviewCard() {
  const t = useTexts("intel");
  const got = useGet<ListAnswer<ItemRow>>(ITEMS, {
    query: { state: "in-review", limit: 5 },
    topics: ["intel."],
  });
  return (
    <HomeBox title={t("waiting")} count={got.data?.total} to="/intel?state=in-review">
      <Shown of={got}>
        {({ items }) => (
          <ul className="plain">
            {items.map((item) => (
              <li key={item.id} className="row wrap">
                <TlpTag tlp={item.tlp} />
                <Go to={`/intel/${item.id}`}>{item.title}</Go>
                <span className="muted small">
                  <Time at={item.updatedAt} ago />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </HomeBox>
  );
}
