create table note (
  id uuid primary key,
  org_id uuid not null,
  tlp smallint not null,
  audience uuid[] not null default '{}',
  text text not null
);
select lianfang_protect('note', 'sign-in, job:test.sweep');
create table note_line (id uuid primary key, note_id uuid not null references note (id), text text not null);
select lianfang_protect_child('note_line', 'note', 'note_id');
create table note_word (id uuid primary key, note_line_id uuid not null references note_line (id), text text not null);
select lianfang_protect_child('note_word', 'note_line', 'note_line_id');
