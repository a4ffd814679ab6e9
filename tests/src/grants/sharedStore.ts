import type { StorePort } from "@sage-auth/core"
import { postgresStore } from "@sage-auth/postgres"
import type { SharedStore } from "./children/task.ts"

/** The store of several processes, as `store` of `createSageAuth` takes it. */
export const storeAt = (shared: SharedStore): `sqlite:${string}` | StorePort =>
  "path" in shared ? `sqlite:${shared.path}` : postgresStore({ ...shared, connections: 2 })
