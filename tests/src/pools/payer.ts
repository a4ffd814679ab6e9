/** An application in a process of its own: shares a company's pool and meter makes its calls, tells how they ended. */
import { once } from "node:events"
import {
  createSageAuth,
  intacctRest,
  intacctXml,
  isSageAuthError,
  type GrantRow,
  type StorePort
} from "@sage-auth/core"
import { vendors } from "../functions.ts"
import { paths } from "../grants/paths.ts"
import { tell } from "../grants/children/tell.ts"
import { type Shared, sharedPools } from "./sharedPools.ts"
import type { Paid, PayerTask } from "./task.ts"

const {
  callers,
  calls,
  key,
  ledger,
  pools,
  vendors: rest
} = JSON.parse(process.env["SAGE_AUTH_TASK"] ?? "") as PayerTask

const shared: Partial<Shared> = pools === undefined ? {} : await sharedPools(pools)

/** Tokens of client credentials, of this process alone. */
const rows = new Map<string, GrantRow>()
const store: StorePort = {
  durable: false,
  grants: {
    read: async (key) => rows.get(JSON.stringify(key)),
    compareAndSet: async (key, revision, next) => {
      const id = JSON.stringify(key)
      const before = rows.get(id)
      if (before?.revision !== revision) return undefined
      const row = next === undefined ? undefined : { ...next, key, revision: (revision ?? 0) + 1, age: 0 }
      if (row === undefined) rows.delete(id)
      else rows.set(id, row)
      return row ?? before
    },
    list: async () => ({ rows: [], next: undefined })
  },
  meters: shared.meters,
  // the store that has the meters
  open: async () => shared.open?.()
}
const sage = createSageAuth({
  connections: { ledger: intacctXml(ledger), vendors: intacctRest.clientCredentials(rest) },
  coordination: shared.coordination,
  store,
  keys: [key],
  deadline: "10 minutes"
})
let limited = 0
const events = (async () => {
  for await (const { type } of sage.events()) if (type === "rate-limited") limited++
})()

await sage.ready()
tell("ready")
await once(process.stdin, "data")

let [begun, served] = [0, 0]
const failures: Array<string> = []
const call = async (index: number): Promise<void> => {
  try {
    if (index % 2 === 0) await sage.client("ledger").execute([vendors()])
    else {
      const response = await sage.client("vendors").fetch(paths.vendors)
      await response.arrayBuffer()
      if (!response.ok) failures.push(`HTTP ${response.status}`)
    }
    served++
  } catch (error) {
    failures.push(isSageAuthError(error) ? `${error.reason._tag} ${error.code ?? error.id}` : String(error))
  }
}
await Promise.all(
  Array.from({ length: callers }, async () => {
    while (begun < calls) await call(begun++)
  })
)
await sage.close()
await events
tell({ served, failures, limited } satisfies Paid)
process.exit()
