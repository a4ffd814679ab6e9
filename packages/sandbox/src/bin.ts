#!/usr/bin/env node
import { mkdir, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import { type OAuthUrls, type Sandbox, startSandbox } from "./startSandbox.ts"

const usage = `Usage: sage-auth-sandbox [--port <number>] [--host <address>] [--certificates <folder>]

Starts a stand-in for Sage's servers and runs until it is interrupted.

  --port <number>    TCP port (default: a free one)
  --host <address>   address to listen on (default: 127.0.0.1)
  --certificates <folder>
                     where to write what X3's ports with TLS need: ca.pem, client.pfx,
                     client.crt, client.key
  --help             this text
`

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      host: { type: "string" },
      certificates: { type: "string" },
      help: { type: "boolean" }
    }
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
  if (values.certificates !== undefined) await writeCertificates(sandbox, values.certificates)
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
      ...x3(sandbox, values.certificates),
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

const writeCertificates = async (sandbox: Sandbox, folder: string): Promise<void> => {
  const { certificate } = sandbox.accounts["x3-web-services"]
  await mkdir(folder, { recursive: true })
  // The authority of a sandbox is new with every start: files of an earlier one are of no use any more.
  await Promise.all([
    writeFile(join(folder, "ca.pem"), sandbox.ca),
    writeFile(join(folder, "client.pfx"), certificate.pfx, { mode: 0o600 }),
    writeFile(join(folder, "client.crt"), certificate.cert),
    writeFile(join(folder, "client.key"), certificate.encryptedKey, { mode: 0o600 })
  ])
}

const x3 = (sandbox: Sandbox, folder: string | undefined): ReadonlyArray<string> => {
  const urls = sandbox.urls["x3-web-services"]
  const web = sandbox.accounts["x3-web-services"]
  const graph = sandbox.accounts["x3-graphql"]
  const gateway = sandbox.accounts["x3-gateway"]
  return [
    "x3-web-services",
    row(["on premise", urls.onPremise]),
    row(["with certificates", urls.tls]),
    row(["online", urls.online]),
    row(["login", web.basic.user, web.basic.password]),
    row(["limited login", web.limited.user, web.limited.password]),
    row(["endpoint, pool", `${web.endpoint}, ${web.pool}`]),
    folder === undefined
      ? row(["client certificate", "start with --certificates <folder>"])
      : row(["client certificate", resolve(folder), web.certificate.passphrase]),
    row(["authorize", urls.authorize]),
    row(["token", urls.token]),
    ...clientRows(web.oauth2),
    row(["user", web.identityProvider.user.email, web.identityProvider.user.password]),
    "",
    "x3-graphql",
    row(["api", sandbox.urls["x3-graphql"].api]),
    row(["endpoint", graph.endpoint]),
    row(["connected app", graph.app.clientId, graph.app.clientSecret]),
    row(["login", graph.basic.user, graph.basic.password]),
    "",
    "x3-gateway",
    row(["root", sandbox.urls["x3-gateway"].root]),
    row(["customer", gateway.customer]),
    ...clientRows(gateway),
    row(["X3 user", gateway.user.user, gateway.user.password])
  ]
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
