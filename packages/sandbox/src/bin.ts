#!/usr/bin/env node
import process from "node:process"
import { parseArgs } from "node:util"
import { startSandbox } from "./startSandbox.ts"

const usage = `Usage: sage-auth-sandbox [--port <number>] [--host <address>]

Starts a stand-in for Sage's servers and runs until it is interrupted.

  --port <number>    TCP port (default: a free one)
  --host <address>   address to listen on (default: 127.0.0.1)
  --help             this text
`

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { port: { type: "string" }, host: { type: "string" }, help: { type: "boolean" } }
  })
  if (values.help === true) {
    process.stdout.write(usage)
    return
  }
  const port = values.port === undefined ? 0 : Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError("--port must be between 0 and 65535")
  const sandbox = await startSandbox({ port, host: values.host })
  const {
    sender,
    login,
    restricted,
    limited,
    console: slideIn,
    unauthorised,
    expired,
    entities,
    policyId
  } = sandbox.accounts["intacct-xml"]
  const accounts = [
    ["sender", sender.id, sender.password],
    ["login", `${login.userId} @ ${login.companyId}`, login.password],
    [`restricted to ${restricted.entityId}`, `${restricted.userId} @ ${restricted.companyId}`, restricted.password],
    ["no invoices or bills", `${limited.userId} @ ${limited.companyId}`, limited.password],
    ["console slide-in", `${slideIn.userId} @ ${slideIn.companyId}|${slideIn.clientId}`, slideIn.password],
    ["sender not authorised", `${unauthorised.userId} @ ${unauthorised.companyId}`, unauthorised.password],
    ["expired demo company", `${expired.userId} @ ${expired.companyId}`, expired.password],
    ["entities", entities.join(", "), ""],
    ["transport policy", policyId, ""]
  ]
  const table = accounts.map(([what = "", who = "", secret = ""]) =>
    `  ${what.padEnd(22)} ${who.padEnd(40)} ${secret}`.trimEnd()
  )
  process.stdout.write(`intacct-xml  ${sandbox.urls["intacct-xml"].xml}\n${table.join("\n")}\n\nInterrupt to stop.\n`)
  const stop = (): void => {
    void sandbox.stop()
  }
  process.once("SIGINT", stop)
  process.once("SIGTERM", stop)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : "The sandbox could not start"}\n`)
  process.exitCode = 1
})
