-- A key of a machine may be a client certificate in place of a secret: pinned by its fingerprint, or known by a name
-- under the authorities of http.tls.clientCa.
alter table api_key alter column secret_sha256 drop not null;
alter table api_key add column certificate_sha256 text;
alter table api_key add column certificate_name text;
alter table api_key add column certificate_subject text;
alter table api_key add column certificate_expires_at timestamptz;
alter table api_key add constraint api_key_one_login
  check (num_nonnulls(secret_sha256, certificate_sha256, certificate_name) = 1);
create unique index api_key_certificate on api_key (certificate_sha256) where revoked_at is null;
create unique index api_key_certificate_name on api_key (certificate_name) where revoked_at is null;
