/** A process of the application: opens the store, waits for a line, and calls as many times at once as it was told to. */
import { once } from "node:events"
import process from "node:process"
import { createSageAuth } from "@sage-auth/core"
import { connectionsAt, type Name, type Urls } from "./connections.ts"

const { ahead, callers, key, names, store, urls } = JSON.parse(process.argv[2] ?? "") as {
  readonly ahead: number
  readonly callers: number
  readonly key: string
  readonly names: ReadonlyArray<Name>
  readonly store: `sqlite:${string}`
  readonly urls: Urls
}
const sage = createSageAuth({
  connections: connectionsAt(urls),
  store,
  keys: [key],
  clock: { now: () => Date.now() + ahead }
})
await sage.ready()
process.stdout.write(`${JSON.stringify("ready")}\n`)
await once(process.stdin, "data")
const statuses = await Promise.all(
  names.flatMap((name) => {
    const client = sage.client(name, { tenant: "acme" })
    return Array.from({ length: callers }, async () => {
      const response = await client.fetch("contacts")
      await response.text()
      return response.status
    })
  })
)
process.stdout.write(`${JSON.stringify(statuses)}\n`)
await sage.close()
process.stdin.destroy()
