-- A feed that asks for a login (mission I3): a key in a header, Basic, or a bearer token, sealed under the node's key.
alter table intel_feed
  add column login_kind text check (login_kind in ('header', 'basic', 'bearer')),
  -- AES-256-GCM; never shown again.
  add column login_sealed text,
  add constraint intel_feed_login check ((login_kind is null) = (login_sealed is null));
