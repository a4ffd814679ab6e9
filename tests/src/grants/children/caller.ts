/** An application in a process of its own: makes its calls, tells how they ended, and closes. */
import { once } from "node:events"
import { businessCloud, createSageAuth, isSageAuthError } from "@sage-auth/core"
import type { Task, Told } from "./task.ts"
import { tell } from "./tell.ts"

const task = JSON.parse(process.env["SAGE_AUTH_TASK"] ?? "") as Task
const { ahead = 0, books, callers, key, path, rounds = 1, times, waits } = task

const sage = createSageAuth({
  connections: { books: businessCloud(books) },
  store: `sqlite:${path}`,
  keys: [key],
  ...(times === undefined ? {} : { [Symbol.for("@sage-auth/core/grantTimes")]: times }),
  ...(ahead === 0 ? {} : { clock: { now: () => Date.now() + ahead } })
})

if (waits === true) {
  await sage.ready().catch(() => {})
  tell("ready")
  await once(process.stdin, "data")
}

let served = 0
const failures: Array<string> = []
const call = async () => {
  try {
    const response = await sage.client("books").fetch("contacts")
    await response.arrayBuffer()
    if (response.ok) served++
    else failures.push(`HTTP ${response.status}`)
  } catch (error) {
    failures.push(isSageAuthError(error) ? `${error.reason._tag} ${error.code ?? error.id}` : String(error))
  }
}
for (let round = 0; round < rounds; round++) await Promise.all(Array.from({ length: callers }, call))
tell({ served, failures } satisfies Told)
await sage.close()
process.exit()
