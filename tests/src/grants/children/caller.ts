/** An application in a process of its own: makes its calls, tells how they ended, and closes. */
import { once } from "node:events"
import { businessCloud, createSageAuth, intacctRest, isSageAuthError, x3 } from "@sage-auth/core"
import { storeAt } from "../sharedStore.ts"
import { paths } from "../paths.ts"
import type { Task, TaskConnection, Told } from "./task.ts"
import { tell } from "./tell.ts"

const task = JSON.parse(process.env["SAGE_AUTH_TASK"] ?? "") as Task
const { ahead = 0, callback, callers, connection, key, rounds = 1, times, waits } = task

const build = (of: TaskConnection) => {
  switch (of.name) {
    case "books":
      return businessCloud(of.options)
    case "payables":
      return intacctRest.authorizationCode(of.options)
    case "erpSso":
      return x3.onPremise({ ...of.options, auth: x3.oauth2(of.auth) })
    case "gateway":
      return x3.gateway(of.options)
  }
}

const { name } = connection
const sage = createSageAuth({
  connections: { [name]: build(connection) },
  store: storeAt(task),
  keys: [key],
  // a busy machine is no reason for a caller to leave
  deadline: "10 minutes",
  ...(times === undefined ? {} : { [Symbol.for("@sage-auth/core/grantTimes")]: times }),
  ...(ahead === 0 ? {} : { clock: { now: () => Date.now() + ahead } })
})

if (waits === true) {
  await sage.ready().catch(() => {})
  tell("ready")
  await once(process.stdin, "data")
}

if (callback !== undefined) await sage.completeAuthorization(callback)

let served = 0
const failures: Array<string> = []
const call = async () => {
  try {
    // longer than anything takes where a machine is busy with something else
    const response = await sage.client(name).fetch(paths[name], { deadline: "10 minutes" })
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
