import {
  Go,
  HomeBox,
  Shown,
  serverNow,
  Time,
  useAll,
  useLanguage,
  useOrgName,
  useTexts,
} from "../../../web/kit.ts";
import type { Contact } from "../model.ts";
import { CONTACTS } from "./contact-dialogs.tsx";

const OLD = 180 * 24 * 3_600_000;
const SHOWN = 5;

/** Contacts that nobody has confirmed for half a year: a number that is out of date costs the first hour. */
export default function ContactsCard() {
  const t = useTexts("members");
  const [language] = useLanguage();
  const orgName = useOrgName();
  const got = useAll<Contact>(CONTACTS);
  return (
    <Shown of={got}>
      {({ items }) => {
        const old = items.filter(
          ({ confirmedAt }) => confirmedAt === null || Date.parse(confirmedAt) < serverNow() - OLD,
        );
        return (
          <HomeBox title={t("contacts.old")} count={old.length} to="/contacts">
            <p className="muted small">{t("contacts.old.lead")}</p>
            <ul className="plain stack-tight">
              {old.slice(0, SHOWN).map(({ id, orgId, name, confirmedAt }) => (
                <li key={id} className="row wrap">
                  <Go to={`/orgs/${orgId}`}>{orgName(orgId, language) ?? t("org")}</Go> {name}
                  <span className="muted small">
                    {confirmedAt === null ? t("contact.unconfirmed") : <Time at={confirmedAt} />}
                  </span>
                </li>
              ))}
            </ul>
          </HomeBox>
        );
      }}
    </Shown>
  );
}
