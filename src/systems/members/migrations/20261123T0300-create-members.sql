-- Organisations in a tree, accounts, sessions, contacts and keys (mission C1, C5).
create table organisation (
  id uuid primary key,
  parent_id uuid references organisation (id),
  -- Who keeps the entry: the organisation above, for the first one itself. The audience is the organisation.
  org_id uuid not null,
  tlp smallint not null default 1 check (tlp between 0 and 4),
  audience uuid[] not null default '{}',
  name text not null,
  name_en text not null,
  short_name text not null unique,
  kind text not null,
  sector text not null,
  aliases text[] not null default '{}',
  networks text[] not null default '{}',
  created_at timestamptz not null,
  version integer not null default 1
);
create index organisation_parent on organisation (parent_id);
select lianfang_protect('organisation', 'sign-in,job:members.tree');

create table account (
  id uuid primary key,
  org_id uuid not null references organisation (id),
  tlp smallint not null default 1,
  audience uuid[] not null default '{}',
  name text not null unique,
  display_name text not null,
  email text,
  roles text[] not null,
  state text not null default 'active',
  password_hash text not null,
  must_change_password boolean not null default true,
  totp_secret text,
  totp_confirmed_at timestamptz,
  totp_last_step bigint not null default 0,
  failures integer not null default 0,
  locked_until timestamptz,
  last_sign_in_at timestamptz,
  created_at timestamptz not null,
  version integer not null default 1
);
create index account_org on account (org_id);
select lianfang_protect('account', 'sign-in');

create table session (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  org_id uuid not null,
  tlp smallint not null default 1,
  audience uuid[] not null default '{}',
  token_sha256 text not null unique,
  csrf_token text not null,
  started_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  address text not null,
  agent text not null
);
create index session_account on session (account_id);
select lianfang_protect('session', 'sign-in');

create table contact (
  id uuid primary key,
  org_id uuid not null references organisation (id),
  tlp smallint not null default 2,
  audience uuid[] not null default '{}',
  name text not null,
  title text not null,
  email text,
  phone text not null,
  rank smallint not null,
  reachable_24x7 boolean not null,
  confirmed_at timestamptz,
  version integer not null default 1
);
create index contact_org on contact (org_id);
select lianfang_protect('contact');

create table api_key (
  id uuid primary key,
  org_id uuid not null references organisation (id),
  tlp smallint not null default 1,
  audience uuid[] not null default '{}',
  name text not null,
  prefix text not null,
  secret_sha256 text not null unique,
  permissions text[] not null,
  clearance smallint not null,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index api_key_org on api_key (org_id);
select lianfang_protect('api_key', 'sign-in');
