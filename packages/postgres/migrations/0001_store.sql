create schema if not exists "sage_auth";
create table "sage_auth".migrations (
  version integer primary key,
  applied_at timestamptz not null default now()
);
create sequence "sage_auth".revisions;
create table "sage_auth".grants (
  surface text collate "C" not null,
  connection text collate "C" not null,
  tenant text collate "C" not null,
  revision bigint not null,
  written_by uuid not null,
  family text not null,
  state text not null
    check (state in ('connected', 'pairing', 'in-doubt', 'reauthorization-required', 'disconnected')),
  cause text check (cause in ('Revoked', 'Expired', 'Superseded', 'RotationInDoubt', 'NeverAuthorized')),
  version bigint not null,
  key_id text collate "C" not null,
  lease_owner text,
  lease_fence bigint,
  lease_beat bigint,
  fence bigint not null,
  intent_id text,
  intent_owner text,
  intent_hash text,
  intent_replayed boolean,
  grant_expires_at double precision,
  due_at double precision,
  sealed_at double precision not null,
  sealed text not null,
  primary key (surface, connection, tenant),
  check ((lease_owner is null) = (lease_fence is null) and (lease_owner is null) = (lease_beat is null)),
  check (
    (intent_id is null) = (intent_owner is null)
    and (intent_id is null) = (intent_hash is null)
    and (intent_id is null) = (intent_replayed is null)
  )
) with (fillfactor = 70);
create index grants_by_tenant on "sage_auth".grants (tenant, surface, connection);
create index grants_by_state on "sage_auth".grants (state, surface, connection, tenant);
create index grants_by_due_at on "sage_auth".grants (due_at, surface, connection, tenant) where due_at is not null;
create index grants_by_key_id on "sage_auth".grants (key_id, surface, connection, tenant);
create index grants_by_sealed_at on "sage_auth".grants (sealed_at) where due_at is not null;
create table "sage_auth".once (
  id text collate "C" primary key,
  sealed text not null,
  expires_at double precision not null
);
create index once_by_expires_at on "sage_auth".once (expires_at);
create table "sage_auth".meters (
  company text collate "C" not null,
  month text collate "C" not null,
  transactions double precision not null,
  primary key (company, month)
) with (fillfactor = 50);
create table "sage_auth".owners (
  owner text collate "C" primary key,
  lock bigint,
  beat bigint not null,
  beaten_at timestamptz not null,
  ended boolean not null default false
) with (fillfactor = 50);
insert into "sage_auth".migrations (version) values (1);
