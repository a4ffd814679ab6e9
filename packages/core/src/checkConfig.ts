import * as Predicate from "effect/Predicate"
import { closest } from "./config/decoder.ts"
import * as Result from "./config/Result.ts"
import { type Connections, type Definition, definitionOf, type World } from "./Connection.ts"
import type { Issue } from "./errors/Reason.ts"
import { misconfigured } from "./errors/SageAuthError.ts"
import { sameCallback } from "./oauth2/redirectUri.ts"
import { type CheckedSettings, checkSettings, type EntryPoint, type Settings } from "./Settings.ts"
import type { CompletedAuthorization } from "./oauth2/completeAuthorization.ts"

/** What an application configures: its connections by name, and what they share. */
export interface Config<C extends Connections, W extends World = "promise"> extends Settings<W> {
  /** what the builders return, each under the name that the application uses */
  readonly connections: C
}

/** Names a client: which connection, and for whom. */
export interface ClientOptions {
  /**
   * whose data it is; applications with one customer never name one. Default: `"default"`, which is refused where the
   * setting `tenants` is `"required"`. `undefined` and `null` are refused: they stand for a forgotten tenant
   */
  readonly tenant?: string
}

/** A configuration in which nothing is wrong, as far as that can be seen without asking a function. */
export interface Checked<C extends Connections> {
  readonly connections: C
  readonly settings: CheckedSettings
  readonly definitions: ReadonlyMap<string, Definition>
}

/** The tenant of applications with one customer. */
export const defaultTenant = "default"

/** The path of a callback tells which server it comes from, so no two connections may share one. */
const callbackIssues = (name: string, { redirectUri }: Definition, seen: Map<string, string>): ReadonlyArray<Issue> => {
  const callback = redirectUri?.()
  if (callback === undefined) return []
  const other = [...seen].find(([, taken]) => sameCallback(callback, taken))?.[0]
  seen.set(name, callback)
  if (other === undefined) return []
  return [
    {
      option: `connections.${name}.redirectUri`,
      expected: `an address whose path does not end like that of connections.${other}: each connection has a callback path of its own, such as /sage/callback/${name}`
    }
  ]
}

/** How the options of a connection are checked. */
export type Validate = (definition: Definition, at: string, connections: Connections) => ReadonlyArray<Issue>

/** What is wrong with a connection that another copy of this package has made, where that copy cannot help. */
export const madeElsewhere = (at: string): ReadonlyArray<Issue> => [
  {
    option: at,
    expected:
      "a connection made by the same copy of @sage-auth/core as the others. Install it once (npm ls @sage-auth/core), and either import or require it everywhere"
  }
]

/** Checks a configuration whole. Throws `Misconfigured` with every mistake at once. */
export const checkConfig = <C extends Connections>(
  config: Config<C, World>,
  entry: EntryPoint,
  validate: Validate
): Checked<C> => {
  const settings = checkSettings(config, entry)
  const wrong: Array<Issue> = Result.isFailure(settings)
    ? settings.failure.map((issue) => (issue.option === "" ? { ...issue, option: "createSageAuth(config)" } : issue))
    : []
  const connections = Predicate.isObject(config?.connections) ? config.connections : undefined
  // without one there is nothing that a client could be of
  if (connections === undefined || Object.keys(connections).length === 0) {
    wrong.push({
      option: "connections",
      expected: "one or more by their names, each made by a builder such as intacctXml"
    })
  }
  const definitions = new Map<string, Definition>()
  const callbacks = new Map<string, string>()
  for (const [name, connection] of Object.entries(connections ?? {})) {
    const at = `connections.${name}`
    const definition = definitionOf(connection)
    if (definition === undefined) {
      wrong.push({ option: at, expected: "a connection made by a builder such as intacctXml" })
    } else {
      definitions.set(name, definition)
      const found = definition.issues ?? []
      const issues = found.length > 0 ? found : validate(definition, at, connections ?? {})
      wrong.push(...issues, ...(issues.length > 0 ? [] : callbackIssues(name, definition, callbacks)))
    }
  }
  if (Result.isFailure(settings) || connections === undefined || wrong.length > 0) throw misconfigured(wrong)
  return { connections, settings: settings.success, definitions }
}

/** Whether a tenant names anybody: white space alone is one that was forgotten, too. */
export const isFilled = (tenant: string): boolean => /\S/.test(tenant)

/** The name and the tenant of a client, checked. */
export const locate = (
  { definitions, settings }: Pick<Checked<Connections>, "definitions" | "settings">,
  name: string,
  options: ClientOptions | undefined
): { readonly definition: Definition; readonly tenant: string } => {
  const object = typeof options === "object" && options !== null && !Array.isArray(options)
  // a caller that writes `tenant` means one, so it must be there
  const named = object && "tenant" in options
  const tenant = named ? options.tenant : defaultTenant
  const wrong: Array<Issue> = []
  const definition = definitions.get(name)
  if (definition === undefined) {
    const known = [...definitions.keys()].join(", ")
    wrong.push({ option: "client(name)", expected: `the name of a connection: ${known}` })
  }
  if (options !== undefined && !object) {
    wrong.push({ option: "client(name, options)", expected: "an object such as { tenant }" })
  }
  // a name that is not read would leave its tenant behind, and be served the data of "default"
  for (const other of object ? Object.keys(options).filter((key) => key !== "tenant") : []) {
    wrong.push({
      option: `client(name, { ${other} })`,
      expected: `no such option${closest(other, ["tenant"]) === undefined ? ": a client has tenant alone" : ": did you mean tenant?"}`
    })
  }
  if (settings.tenantsRequired && tenant === defaultTenant) {
    wrong.push({
      option: "client(name, { tenant })",
      expected: `the tenant whose data it is: tenants: "required" refuses clients without one, and "${defaultTenant}" stands for none`
    })
  }
  // the keys of the credential cache put a NUL behind the tenant, and no store keeps half of a surrogate pair
  if (typeof tenant !== "string" || !isFilled(tenant) || /\0|\p{Cs}/u.test(tenant)) {
    wrong.push({
      option: "client(name, { tenant })",
      expected:
        "a text of whole characters that is not blank, without NUL; leave `tenant` out where there is one customer"
    })
  }
  if (definition === undefined || wrong.length > 0) throw misconfigured(wrong)
  return { definition, tenant }
}

/** Where a human goes on after a consent. */
export interface Completed<C extends Connections> extends CompletedAuthorization {
  /** which of the application's connections was authorized */
  readonly connection: keyof C & string
}
