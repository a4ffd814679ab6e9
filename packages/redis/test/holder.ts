/** A process that takes permits and keeps them: node holder.ts URL PREFIX POOL HEARTBEAT PERMITS */
import { Redis } from "ioredis"
import { redisCoordination } from "../src/index.ts"

const [url = "", prefix = "", pool = "", heartbeat = "", permits = ""] = process.argv.slice(2)
const port = redisCoordination({ client: new Redis(url), prefix, heartbeat: Number(heartbeat) })
const limit = Number(permits)
for (let i = 0; i < limit; i++) await port.acquire(pool, { limit, ahead: false }, new AbortController().signal)
console.log("held")
