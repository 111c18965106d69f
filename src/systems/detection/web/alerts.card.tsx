import { Go, HomeBox, type ListAnswer, Shown, Time, useGet, useTexts } from "../../../web/kit.ts";
import type { Alert } from "../model.ts";
import { ALERTS, AlertSeverity, entityText, useAlertTitle } from "./alert-parts.tsx";

const SHOWN = 5;

/** Alerts that nobody has taken, the severest first. */
export default function AlertsCard() {
  const t = useTexts("detection");
  const title = useAlertTitle();
  const got = useGet<ListAnswer<Alert>>(ALERTS, {
    query: { state: "new", sort: "severity", limit: SHOWN },
    topics: ["alerts."],
  });
  return (
    <HomeBox title={t("alerts.waiting")} count={got.data?.total} to="/alerts?state=new&sort=severity">
      <Shown of={got}>
        {({ items }) => (
          <ul className="plain">
            {items.map((alert) => (
              <li key={alert.id} className="row wrap">
                <AlertSeverity alert={alert} />
                <Go to={`/alerts/${alert.id}`}>{title(alert)}</Go>
                <span className="mono small">{entityText(alert)}</span>
                <span className="muted small">
                  <Time at={alert.raisedAt} ago />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </HomeBox>
  );
}
