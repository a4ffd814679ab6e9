import { storeUnavailable } from "@sage-auth/core"
import type { Database } from "./Database.ts"
import { defaultSchema, quotedSchema } from "./schemaName.ts"

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
