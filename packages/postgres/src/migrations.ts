import { storeUnavailable } from "@sage-auth/core"
import type { Database } from "./Database.ts"
import { defaultSchema, quotedSchema } from "./names.ts"

/** One step of the schema. */
export interface Migration {
  /** the name of its file in `migrations` of this package, such as `0001_grants.sql` */
  readonly name: string
  /** statements, each ended by a semicolon; to be run in one transaction */
  readonly sql: string
}

/**
 * The steps from an empty schema to today's. A step that was published is never changed: another one is added.
 *
 * Names have the collation "C": two names are the same where their bytes are, and cursors mean the same on every host.
 * Times are milliseconds since the epoch, by the database's clock. A revision comes from a sequence: it never comes
 * back, even for a row that was removed. Each order of a listing has its index, see `listing.ts`.
 */
const steps: ReadonlyArray<{ readonly name: string; readonly sql: string }> = [
  {
    name: "0001_store.sql",
    sql: `create schema if not exists $schema;
create table $schema.migrations (
  version integer primary key,
  applied_at timestamptz not null default now()
);
create sequence $schema.revisions;
create table $schema.grants (
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
create index grants_by_tenant on $schema.grants (tenant, surface, connection);
create index grants_by_state on $schema.grants (state, surface, connection, tenant);
create index grants_by_due_at on $schema.grants (due_at, surface, connection, tenant) where due_at is not null;
create index grants_by_key_id on $schema.grants (key_id, surface, connection, tenant);
create index grants_by_sealed_at on $schema.grants (sealed_at) where due_at is not null;
create table $schema.once (
  id text collate "C" primary key,
  sealed text not null,
  expires_at double precision not null
);
create index once_by_expires_at on $schema.once (expires_at);
create table $schema.meters (
  company text collate "C" not null,
  month text collate "C" not null,
  transactions double precision not null,
  primary key (company, month)
) with (fillfactor = 50);
create table $schema.owners (
  owner text collate "C" primary key,
  lock bigint,
  beat bigint not null,
  beaten_at timestamptz not null,
  ended boolean not null default false
) with (fillfactor = 50);
`
  },
  {
    name: "0002_pools.sql",
    sql: `create table $schema.pools (
  pool text collate "C" primary key,
  permits integer not null,
  hung boolean not null default false
) with (fillfactor = 50);
create table $schema.pool_processes (
  process uuid primary key,
  beaten_at timestamptz not null
) with (fillfactor = 50);
create table $schema.permits (
  process uuid not null,
  ticket bigint not null,
  pool text collate "C" not null,
  place bigint generated always as identity,
  ahead boolean not null,
  held boolean not null default false,
  hung boolean not null default false,
  asked_at timestamptz not null default clock_timestamp(),
  primary key (process, ticket)
) with (fillfactor = 70);
create index permits_in_order on $schema.permits (pool, held, ahead desc, place);
create function $schema.pool_turn(
  p_process uuid,
  p_pool text,
  p_permits integer,
  p_permits_before integer,
  p_joins bigint[],
  p_aheads boolean[],
  p_leaves bigint[],
  p_hung boolean,
  p_silence double precision
) returns table (held_tickets text[], held_hung text[], known text[], waited text)
language plpgsql as $$
declare
  v_pool $schema.pools;
  v_before integer;
  v_free integer;
  v_served record;
  v_served_any boolean := false;
begin
  -- what a crash of the server forgets is found out by the next turn: nothing here is worth a wait for the disk
  perform set_config('synchronous_commit', 'off', true);
  insert into $schema.pool_processes as kept (process, beaten_at) values (p_process, clock_timestamp())
    on conflict (process) do update set beaten_at = excluded.beaten_at
    where kept.beaten_at < excluded.beaten_at - interval '500 milliseconds';
  -- one turn of a pool at a time: what follows sees all that was done before
  loop
    select * into v_pool from $schema.pools where pools.pool = p_pool for update;
    exit when found;
    insert into $schema.pools (pool, permits) values (p_pool, coalesce(p_permits, p_permits_before)) on conflict do nothing;
  end loop;
  v_pool.permits := coalesce(p_permits, v_pool.permits);
  delete from $schema.permits
    where permits.pool = p_pool and permits.process = p_process and permits.ticket = any (p_leaves);
  delete from $schema.permits where permits.pool = p_pool and permits.process <> p_process and not exists (
    select from $schema.pool_processes
    where pool_processes.process = permits.process
      and pool_processes.beaten_at > clock_timestamp() - make_interval(secs => p_silence)
  );
  select count(*) into v_before from $schema.permits where permits.pool = p_pool and not permits.held;
  insert into $schema.permits (process, ticket, pool, ahead)
    select p_process, joins.ticket, p_pool, joins.ahead
    from unnest(p_joins, p_aheads) with ordinality as joins (ticket, ahead, position)
    order by joins.position on conflict do nothing;
  v_pool.hung := v_pool.hung or (p_hung and v_before > 0);
  select v_pool.permits - count(*) into v_free from $schema.permits where permits.pool = p_pool and permits.held;
  if v_free > 0 then
    for v_served in
      update $schema.permits set held = true, hung = v_pool.hung
      from (
        select next.process, next.ticket from $schema.permits as next
        where next.pool = p_pool and not next.held order by next.ahead desc, next.place limit v_free
      ) as served
      where permits.process = served.process and permits.ticket = served.ticket
      returning permits.process, permits.ticket
    loop
      v_served_any := true;
      -- this process is told by the answer, any other by its channel
      if v_served.process <> p_process then
        perform pg_notify('sage_auth_' || replace(v_served.process::text, '-', ''), v_served.ticket || ' ' || v_pool.hung);
      end if;
    end loop;
    v_pool.hung := v_pool.hung and not v_served_any;
  end if;
  update $schema.pools set permits = v_pool.permits, hung = v_pool.hung
    where pools.pool = p_pool and (pools.permits, pools.hung) is distinct from (v_pool.permits, v_pool.hung);
  delete from $schema.pools
    where pools.pool = p_pool and not exists (select from $schema.permits where permits.pool = p_pool);
  return query
    select array_agg(mine.ticket::text) filter (where mine.held),
      array_agg(mine.hung::text) filter (where mine.held),
      array_agg(mine.ticket::text),
      v_before::text
    from $schema.permits as mine where mine.pool = p_pool and mine.process = p_process;
end
$$;
`
  }
]

/** The schema's version of this release. */
export const newest = steps.length

/**
 * The statements that make the tables, and bring older ones up to date: for those whose migrations belong to another
 * tool. The same as the files in `migrations` of this package, for a schema of any name. Run each once, in order, and
 * open the store with `migrate: false`.
 */
export const migrations = (options: { readonly schema?: string | undefined } = {}): ReadonlyArray<Migration> => {
  const schema = quotedSchema(options.schema ?? defaultSchema)
  return steps.map(({ name, sql }, index) => ({
    name,
    sql: `${sql.replaceAll("$schema", schema)}insert into ${schema}.migrations (version) values (${index + 1});\n`
  }))
}

/**
 * Whether the tables are there, read from the catalog's own tables: `to_regclass` answers from a cache that does not
 * hear what another process has made while this one waited for its lock.
 */
const found = `exists (
  select from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
  where nspname = $1::text and relname = 'migrations'
)::text as found`

const versionIn = (schema: string) => `select coalesce(max(version), 0)::int as version from ${schema}.migrations`

/** a number of its own for each schema, so that stores of two schemas do not wait for each other */
const lockOf = (schema: string): string => `hashtext('sage-auth migrations of ${schema}')`

const outdated = (schema: string, place: string, version: number) =>
  version > newest
    ? storeUnavailable({
        message: `the schema ${schema} of ${place} has version ${version}; this release of @sage-auth/postgres knows versions up to ${newest}`,
        remedy: "Update @sage-auth/postgres in every process that uses this schema. It was left as it is.",
        retryable: false
      })
    : storeUnavailable({
        message: `the schema ${schema} of ${place} has version ${version}, and this release of @sage-auth/postgres needs ${newest}`,
        remedy:
          "Run the files in `migrations` of @sage-auth/postgres from that version on, or leave out `migrate: false`.",
        retryable: false
      })

/**
 * Brings a schema up to date. Of many processes that start together one does it, and the others wait and find it done.
 * Where nothing is to be done nothing is locked, and no right to make tables is needed.
 */
export const migrate = async (database: Database, schema: string, allowed: boolean): Promise<void> => {
  const quoted = quotedSchema(schema)
  const version = await database
    .read(
      `select ${found}, current_setting('server_encoding') as encoding,
       current_setting('server_version_num')::int as release`,
      [schema]
    )
    .then(async ([first]) => {
      if (first?.["encoding"] !== "UTF8") {
        throw storeUnavailable({
          message: `${database.place} has another encoding than UTF8, so not every name can be kept`,
          remedy: "Use a database that was created with ENCODING 'UTF8'.",
          retryable: false
        })
      }
      if (Number(first["release"]) < 130_000) {
        throw storeUnavailable({
          message: `${database.place} is older than PostgreSQL 13`,
          remedy: "Use PostgreSQL 13 or later.",
          retryable: false
        })
      }
      if (first["found"] === "false") return 0
      const [row] = await database.read(versionIn(quoted), [])
      return Number(row?.["version"])
    })
  if (version === newest) return
  if (version > newest || !allowed) throw outdated(schema, database.place, version)
  await database.transaction(async (query) => {
    // ends with the transaction: nothing stays with a connection that PgBouncer gives to somebody else
    await query(`select pg_advisory_xact_lock(1935763301, ${lockOf(schema)})`)
    const [first] = await query(`select ${found}`, [schema])
    const [row] = first?.["found"] === "false" ? [] : await query(versionIn(quoted))
    const done = Number(row?.["version"] ?? 0)
    if (done > newest) throw outdated(schema, database.place, done)
    for (const { sql } of migrations({ schema }).slice(done)) await query(sql)
  })
}
