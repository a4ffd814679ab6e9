/**
 * Grants, one-time records and meters of `@sage-auth/core` in PostgreSQL, for applications of several processes.
 */
export { type Migration, migrations } from "./migrations.ts"
export type { PostgresClient, PostgresConnection, PostgresPool } from "./connections.ts"
export { postgresStore, type PostgresStoreOptions } from "./postgresStore.ts"
export { postgresCoordination, type PostgresCoordinationOptions } from "./postgresCoordination.ts"
