#!/usr/bin/env node
import process from "node:process"
import { parseArgs } from "node:util"
import { type OAuthUrls, startSandbox } from "./startSandbox.ts"

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
  const rest = sandbox.accounts["intacct-rest"]
  const books = sandbox.accounts["business-cloud"]
  process.stdout.write(
    [
      `intacct-xml  ${sandbox.urls["intacct-xml"].xml}`,
      ...accounts.map(row),
      "",
      ...oauth("intacct-rest", sandbox.urls["intacct-rest"]),
      ...clientRows(rest.client),
      row(["public client", rest.publicClient.clientId]),
      row(["user", rest.user.username, rest.user.password]),
      row(["another company", rest.second.username, rest.second.password]),
      "",
      ...oauth("business-cloud", sandbox.urls["business-cloud"]),
      ...clientRows(books.client),
      row(["user", books.user.email, books.user.password]),
      row(["user in Canada", books.second.email, books.second.password]),
      "",
      ...oauth("business-cloud, version 3", sandbox.urls["business-cloud-v3"]),
      row(["subscription", books.v3.subscriptionId]),
      row(["resource owner", books.v3.resourceOwnerId]),
      "",
      "Interrupt to stop.",
      ""
    ].join("\n")
  )
  const stop = (): void => {
    void sandbox.stop()
  }
  process.once("SIGINT", stop)
  process.once("SIGTERM", stop)
}

const row = ([what = "", who = "", secret = ""]: ReadonlyArray<string>): string =>
  `  ${what.padEnd(22)} ${who.padEnd(40)} ${secret}`.trimEnd()

const oauth = (surface: string, urls: OAuthUrls): ReadonlyArray<string> => [
  surface,
  ...Object.entries(urls).map(([what, url]) => row([what, url]))
]

const clientRows = (client: Readonly<Record<"clientId" | "clientSecret" | "redirectUri", string>>): Array<string> => [
  row(["client", client.clientId]),
  row(["client secret", client.clientSecret]),
  row(["redirect URI", client.redirectUri])
]

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : "The sandbox could not start"}\n`)
  process.exitCode = 1
})
