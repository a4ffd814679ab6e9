/**
 * Uses client credentials of many tenants, above the capacity of the cache, and tells how much memory is taken for them
 * in the memory store.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { createSageAuth, intacctRest, x3 } from "../../../src/index.ts"
import { tell } from "../../grant/children/tell.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** in kilobytes, of what is still reachable */
const taken = async (): Promise<number> => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  collect()
  return process.memoryUsage().heapUsed / 1024
}

/** how long an access token is, in characters; whatever keeps it stands out */
const [long = 30_000, tenants = 100] = process.argv.slice(2).map(Number)
/** as long as Intacct's */
const refreshLength = 1_100

let made = 0
/** none is like another, and each is flat in memory */
const text = (length: number): string => Buffer.alloc(length, `token ${made++} `).toString("latin1")

for (const connection of ["rest", "erp"] as const) {
  const sage = createSageAuth({
    connections: {
      rest: intacctRest.clientCredentials({
        clientId: "app",
        clientSecret: "secret",
        username: (tenant) => `user@${tenant}`
      }),
      erp: x3.onPremise({
        baseUrl: "https://erp.example",
        auth: x3.clientCredentials({ tokenUrl: "https://idp.example/token", clientId: "app", clientSecret: "secret" })
      })
    },
    fetch: async () =>
      Response.json({
        access_token: text(long).replaceAll(" ", "."),
        token_type: "Bearer",
        expires_in: 3_600,
        ...(connection === "rest" ? { refresh_token: text(refreshLength).replaceAll(" ", ".") } : {})
      }),
    log: false,
    capacity: 10
  })
  let born = 0
  const use = async (count: number) => {
    for (const end = born + count; born < end; born++) await sage.client(connection, { tenant: `t${born}` }).headers()
  }
  await use(30)
  const before = await taken()
  await use(tenants)
  tell({ connection, perTenant: ((await taken()) - before) / tenants, token: long / 1024 })
  await sage.close()
}
