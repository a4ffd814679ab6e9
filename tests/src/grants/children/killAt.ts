/**
 * To be imported before anything else: counts what this process does to its store and to the token endpoint, tells it, and
 * kills the process instead of the step with the number of `SAGE_AUTH_KILL_AT`, or stops it before that of
 * `SAGE_AUTH_STOP_AT`, until somebody lets it go on.
 */
import { StatementSync } from "node:sqlite"
import { Client } from "pg"
import { tell } from "./tell.ts"

const killAt = Number(process.env["SAGE_AUTH_KILL_AT"])
const stopAt = Number(process.env["SAGE_AUTH_STOP_AT"])
let steps = 0

const step = (name: string): void => {
  if (++steps === killAt) process.kill(process.pid, "SIGKILL")
  if (steps === stopAt) {
    tell({ stopsBefore: name })
    process.kill(process.pid, "SIGSTOP")
  }
  tell({ step: name })
}

const all: (this: StatementSync, ...parameters: Array<never>) => ReturnType<StatementSync["all"]> = Reflect.get(
  StatementSync.prototype,
  "all"
)
StatementSync.prototype.all = function (this: StatementSync, ...parameters: Array<never>) {
  if (/^\s*(?:insert|update|delete)/i.test(this.sourceSQL)) step("write")
  return all.call(this, ...parameters)
}

const query: (this: object, ...parameters: Array<unknown>) => unknown = Reflect.get(Client.prototype, "query")
Reflect.set(Client.prototype, "query", function (this: object, ...parameters: Array<unknown>) {
  const [statement] = parameters as [{ readonly text?: unknown }?]
  // what is written beside the grants, such as signs of life, is no step
  if (/^\s*(?:insert into|update|delete from) \S+\.grants /i.test(String(statement?.text))) step("write")
  return query.apply(this, parameters)
})

const { fetch } = globalThis
globalThis.fetch = async (...request) => {
  const rotates = new Request(...request).url.endsWith("/token")
  if (rotates) step("send")
  const response = await fetch(...request)
  if (rotates) step("answer")
  return response
}
