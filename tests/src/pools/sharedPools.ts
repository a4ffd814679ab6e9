import type { CoordinationPort, MeterPort } from "@sage-auth/core"
import { postgresCoordination, postgresStore } from "@sage-auth/postgres"
import { redisCoordination, redisMeters } from "@sage-auth/redis"
import { Redis } from "ioredis"
import { Pool } from "pg"
import { createClient } from "redis"
import type { SharedPools } from "./task.ts"

/** What processes share of a company. */
export interface Shared {
  readonly coordination: CoordinationPort
  readonly meters: MeterPort
  readonly open: () => Promise<void>
}

/** Connects to it. */
export const sharedPools = async (pools: SharedPools): Promise<Shared> => {
  if ("schema" in pools) {
    const { schema, url } = pools
    const pool = new Pool({ connectionString: url, max: 2 })
    const store = postgresStore({ pool, schema })
    const { meters } = store
    if (meters === undefined) throw new Error("the store has meters")
    return { meters, open: async () => store.open?.(), coordination: postgresCoordination({ pool, schema }) }
  }
  const { heartbeat, prefix, redisUrl } = pools
  // of several processes some have one library, some the other
  const client =
    process.pid % 2 === 0
      ? new Redis(redisUrl)
      : await createClient({ url: redisUrl })
          .on("error", () => {})
          .connect()
  return {
    meters: redisMeters({ client, prefix }),
    open: async () => {},
    coordination: redisCoordination({ client, prefix, heartbeat })
  }
}
