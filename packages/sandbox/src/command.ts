import { mkdir, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import process from "node:process"
import { parseArgs } from "node:util"
import { controlPath } from "./control.ts"
import type { Fault, FaultKind } from "./faults.ts"
import { byPackageManager, watchParents } from "./parents.ts"
import { type OAuthUrls, type Sandbox, sandboxFacts, startSandbox } from "./startSandbox.ts"
import { type Surface, surfaces } from "./surface.ts"

const usage = `Usage: sage-auth-sandbox [options]

Starts a stand-in for Sage's servers and runs until it is interrupted, or until npx, pnpm or
yarn that started it ends. Its start page is at / and its control API at /sandbox/control.

  --port <number>    TCP port (default: a free one)
  --host <address>   address to listen on (default: 127.0.0.1)
  --redirect-uri <url>
                     a callback of your application; may be repeated
  --clock <kind>     system, or manual: one that the control API moves (default: system)
  --start-at <date>  where a manual clock starts, such as 2026-11-30T12:00:00Z
  --fault <surface:step:kind[:times]>
                     something that goes wrong, such as intacct-xml:readByQuery:drop-response;
                     may be repeated
  --json             print addresses and accounts as one line of JSON
  --stop-with-parent stop when the process ends that started it, whatever that is
  --certificates <folder>
                     where to write what X3's ports with TLS need: ca.pem, client.pfx,
                     client.crt, client.key
  --help             this text
`

/**
 * Does what the command line says, and returns once the sandbox runs. `write` takes what is printed.
 *
 * @throws an error with a message for the user, for arguments that are wrong or a port that is taken.
 */
export const command = async (args: ReadonlyArray<string>, write: (text: string) => void): Promise<void> => {
  const { values, tokens } = parseArgs({
    args: [...args],
    tokens: true,
    options: {
      port: { type: "string" },
      host: { type: "string" },
      certificates: { type: "string" },
      "redirect-uri": { type: "string", multiple: true },
      fault: { type: "string", multiple: true },
      clock: { type: "string" },
      "start-at": { type: "string" },
      json: { type: "boolean" },
      "stop-with-parent": { type: "boolean" },
      help: { type: "boolean" }
    }
  })
  if (values.help === true) {
    write(usage)
    return
  }
  const given = tokens.flatMap((token) => (token.kind === "option" ? [token.name] : []))
  const twice = given.find((name, index) => !["redirect-uri", "fault"].includes(name) && given.indexOf(name) !== index)
  if (twice !== undefined) throw new TypeError(`--${twice} is given twice`)
  const port = values.port === undefined ? 0 : Number(values.port)
  if (values.port?.trim() === "" || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RangeError("--port must be between 0 and 65535")
  const faults = (values.fault ?? []).map(faultOf)
  const clock = values.clock ?? "system"
  if (clock !== "system" && clock !== "manual") throw new RangeError("--clock must be system or manual")
  const startAt = values["start-at"] === undefined ? undefined : timeOf(values["start-at"])
  if (Number.isNaN(startAt)) throw new RangeError("--start-at must be a date such as 2026-11-30T12:00:00Z")
  if (startAt !== undefined && clock !== "manual") throw new RangeError("--start-at needs --clock manual")
  const sandbox = await startSandbox({ port, host: values.host, clock, startAt, control: true })
  try {
    for (const uri of values["redirect-uri"] ?? []) sandbox.registerRedirectUri(uri)
    for (const [surface, fault] of faults) sandbox.fault(surface, fault)
    if (values.certificates !== undefined) await writeCertificates(sandbox, values.certificates)
  } catch (error) {
    await sandbox.stop()
    throw error
  }
  const stop = (): void => {
    void sandbox.stop()
  }
  process.once("SIGINT", stop)
  process.once("SIGTERM", stop)
  if (byPackageManager() || values["stop-with-parent"] === true) watchParents(stop)
  const { origin } = new URL(sandbox.urls["intacct-xml"].xml)
  if (values.json === true) {
    write(`${JSON.stringify({ start: `${origin}/`, control: `${origin}${controlPath}`, ...sandboxFacts(sandbox) })}\n`)
    return
  }
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
  write(
    [
      `start page   ${origin}/`,
      `control API  ${origin}${controlPath}`,
      "",
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
}

/** A date as milliseconds; `NaN` for what is none, such as the 31st of February, which could be counted. */
const timeOf = (text: string): number => {
  const day = /^(\d{4})-(\d\d)-(\d\d)/.exec(text)
  const exists =
    day === null ||
    new Date(Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3]))).getUTCDate() === Number(day[3])
  return exists ? Date.parse(text) : Number.NaN
}

/** Reads `surface:step:kind` and perhaps `:times`. Steps of REST may hold colons of their own, kinds do not. */
const faultOf = (text: string): readonly [Surface, Fault] => {
  const parts = text.split(":")
  const times = /^\d+$/.test(parts.at(-1) ?? "") ? Number(parts.pop()) : undefined
  const kind = parts.pop()
  const [surface, ...step] = parts
  if (
    kind === undefined ||
    surface === undefined ||
    step.length === 0 ||
    !(surfaces as ReadonlyArray<string>).includes(surface)
  ) {
    throw new RangeError(`--fault must be surface:step:kind, with one of ${surfaces.join(", ")}`)
  }
  return [surface as Surface, { on: step.join(":"), kind: kind as FaultKind, times }]
}

type AnySandbox = Pick<Sandbox, "accounts" | "ca" | "urls">

const writeCertificates = async (sandbox: AnySandbox, folder: string): Promise<void> => {
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

const x3 = (sandbox: AnySandbox, folder: string | undefined): ReadonlyArray<string> => {
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
