import { mkdir, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { controlPath } from "./control.ts"
import type { Fault, FaultKind } from "./faults.ts"
import { byPackageManager, watchParents } from "./parents.ts"
import { type Sandbox, type SandboxOptions, sandboxFacts, startSandbox } from "./startSandbox.ts"
import type { OAuthUrls } from "./urls.ts"
import { type Surface, surfaces } from "./surface.ts"

/** What a sandbox of its own process is started with. */
export interface ServeOptions extends Omit<SandboxOptions<"manual" | "system">, "control"> {
  /** Callbacks of the application, registered with every authorization server. */
  readonly redirectUris?: ReadonlyArray<string> | undefined
  /** What goes wrong, each as `surface:step:kind` and perhaps `:times`, such as `intacct-xml:readByQuery:hang:2`. */
  readonly faults?: ReadonlyArray<string> | undefined
  /** A folder for what X3's ports with TLS need: `ca.pem`, `client.pfx`, `client.crt`, `client.key`. */
  readonly certificates?: string | undefined
  /** Whether it stops with whatever process started this one. Default: where that is a package manager. */
  readonly stopWithParent?: boolean | undefined
}

/** A sandbox that serves other programs. */
export interface ServedSandbox {
  /** Its start page, its control API, and every address and account, as plain JSON. */
  readonly facts: { readonly start: string; readonly control: string; readonly urls: object; readonly accounts: object }
  /** The same, for a person. It holds the accounts' passwords, which are good for nothing else. */
  readonly text: string
  /** Resolves when it has stopped. */
  readonly stopped: Promise<void>
  /** Closes the servers and every connection. */
  stop(): Promise<void>
}

/**
 * Starts a sandbox for other programs, with its control API. It stops with the package manager that started this
 * process.
 *
 * @throws `RangeError` or `TypeError` for an option that is wrong, by its name; rejects with the system's error when the port is
 * taken.
 *
 * @category testing
 */
export const serveSandbox = async (options: ServeOptions = {}): Promise<ServedSandbox> => {
  const { certificates, faults: given = [], redirectUris = [], stopWithParent, ...own } = options
  const faults = named("faults", () => given.map(readFault))
  const sandbox = await startSandbox<"manual" | "system">({ ...own, control: true })
  try {
    named("redirectUris", () => redirectUris.forEach((uri) => sandbox.registerRedirectUri(uri)))
    named("faults", () => faults.forEach(([surface, fault]) => sandbox.fault(surface, fault)))
    if (certificates !== undefined) await writeCertificates(sandbox, certificates)
  } catch (error) {
    await sandbox.stop()
    throw error
  }
  let over: (() => void) | undefined
  const stopped = new Promise<void>((resolve) => (over = resolve))
  const stop = (): Promise<void> => sandbox.stop().then(over)
  if (stopWithParent ?? byPackageManager()) watchParents(() => void stop())
  const { origin } = new URL(sandbox.urls["intacct-xml"].xml)
  return {
    facts: { start: `${origin}/`, control: `${origin}${controlPath}`, ...sandboxFacts(sandbox) },
    text: textOf(sandbox, origin, certificates),
    stopped,
    stop
  }
}

/** Says which option it was that something is thrown for. */
const named = <A>(option: keyof ServeOptions, run: () => A): A => {
  try {
    return run()
  } catch (error) {
    throw new RangeError(`${option}: ${error instanceof Error ? error.message : "wrong"}`, { cause: error })
  }
}

const textOf = (sandbox: AnySandbox, origin: string, certificates: string | undefined): string => {
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
  return [
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
    ...x3(sandbox, certificates)
  ].join("\n")
}

/** Reads `surface:step:kind` and perhaps `:times`. Steps of REST may hold colons of their own, kinds do not. */
export const readFault = (text: string): readonly [Surface, Fault] => {
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
    throw new RangeError(`a fault must be surface:step:kind, with one of ${surfaces.join(", ")}`)
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
