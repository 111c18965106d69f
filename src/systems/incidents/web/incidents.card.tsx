import { Go, HomeBox, LevelTag, type ListAnswer, Shown, useGet, useTexts } from "../../../web/kit.ts";
import { INCIDENT_STATES, type Incident } from "../model.ts";
import { INCIDENTS, NextDue } from "./incident-parts.tsx";

const SHOWN = 5;
const OPEN = INCIDENT_STATES.filter((state) => state !== "closed").join(",");

/** Open incidents, the clock that ends first on top. */
export default function IncidentsCard() {
  const t = useTexts("incidents");
  const got = useGet<ListAnswer<Incident>>(INCIDENTS, {
    query: { state: OPEN, limit: SHOWN },
    topics: ["incidents."],
    every: 60_000,
  });
  return (
    <HomeBox title={t("card.due")} count={got.data?.total} to={`/incidents?state=${OPEN}`}>
      <Shown of={got}>
        {({ items }) => (
          <ul className="plain">
            {items.map((incident) => (
              <li key={incident.id} className="row wrap">
                <LevelTag level={incident.level} />
                <Go to={`/incidents/${incident.id}`}>{incident.title}</Go>
                <span className="mono small">{incident.number}</span>
                <NextDue incident={incident} />
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </HomeBox>
  );
}
