import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import { type Connections, type Definition, definitionOf, type World } from "./Connection.ts"
import type { ApplicationClock } from "./application/clock.ts"
import * as Result from "./config/Result.ts"
import * as Decoder from "./config/decoder.ts"
import { week } from "./config/duration.ts"
import * as OptionDecoder from "./config/options.ts"
import { madeByEffect, remedyFor, type Secret } from "./config/options.ts"
import type { Issue } from "./errors/Reason.ts"
import { misconfigured } from "./errors/SageAuthError.ts"
import type { StorePort } from "./grant/StorePort.ts"
import { generateKey, parseKeys } from "./grant/keys.ts"
import type { CompletedAuthorization } from "./oauth2/completeAuthorization.ts"
import { sameCallback } from "./oauth2/redirectUri.ts"
import type { CheckedLog, Log } from "./telemetry/log.ts"
import type { CoordinationPort } from "./traffic/CoordinationPort.ts"
import { type Retry, retryOption } from "./traffic/options.ts"
import type { Fetch } from "./transport/Answer.ts"

/** Variables that test runners set: Vitest, Jest, Node's own, and by convention all the others. */
const testVariables = ["VITEST", "JEST_WORKER_ID", "NODE_TEST_CONTEXT"]

/**
 * Whether this process runs tests, as far as their runner says so.
 *
 * @category application
 */
export const isUnderTest = (env: NodeJS.ProcessEnv = process.env): boolean =>
  env["NODE_ENV"] === "test" || testVariables.some((name) => (env[name] ?? "") !== "")

/** What `store` may be, by world: `@sage-auth/core/effect` also takes a layer of `GrantStore`. */
export interface Stores {
  /** `memory:`, a file of SQLite, or a port such as Redis or PostgreSQL */
  readonly promise: "memory:" | `sqlite:${string}` | StorePort
}

/** What `coordination` may be, by world: `@sage-auth/core/effect` also takes a layer of `Coordination`. */
export interface Coordinations {
  /** `memory:` for one process, or a port such as Redis for several */
  readonly promise: "memory:" | CoordinationPort
}

/** Which entry an application was opened by. */
export type EntryPoint = "promise" | "effect"

/** What all connections of an application share. Every setting has a default. */
export interface Settings<W extends World = "promise"> {
  /** how long a caller waits: milliseconds, or a text such as `"10 seconds"`. Default 30 seconds */
  readonly deadline?: number | string | undefined
  /** how long `close()` waits for renewals that were sent. Default 20 seconds */
  readonly shutdown?: number | string | undefined
  /**
   * credentials kept in memory at most, per connection; above it, the least recently used are dropped. Default 100,000
   */
  readonly capacity?: number | undefined
  /** carries the calls; default: the platform's. Connections with `ca` use one of their own */
  readonly fetch?: Fetch | undefined
  /**
   * when calls and renewals are tried again.
   *
   * `transient` is for answers that never came and for "try again later". Default: after 200 ms, doubled up to 5 s,
   * four times within 30 s.
   *
   * `rateLimited` is for the server's own limits. Default: after 1 s, doubled up to 30 s, six times within two minutes.
   * A longer `Retry-After` wins
   */
  readonly retry?:
    | { readonly transient?: Retry<W> | undefined; readonly rateLimited?: Retry<W> | undefined }
    | undefined
  /**
   * where grants live: `"memory:"` (default), or `"sqlite:<path>"` for one file that several processes of one machine
   * share. Or a store of another kind, such as that of `@sage-auth/postgres`; see {@link StorePort}
   */
  readonly store?: Stores[W] | undefined
  /**
   * what grants and cookies are sealed with: 32 random bytes in base64url each, the newest first. Every store needs it
   * but memory. That one makes a key of its own, and consents under way end with the process
   */
  readonly keys?: ReadonlyArray<Secret> | undefined
  /**
   * renews grants that would die unused, in the background: at the latest after `every`, such as `"7 days"`. Without
   * it, `keepAlive()` does one pass when a scheduler of yours calls it. Default: off
   */
  readonly keepAlive?: { readonly every?: number | string | undefined } | undefined
  /**
   * where the pools of companies are: `"memory:"` (default), or one that several processes share. An example is that of
   * `@sage-auth/redis`; see {@link CoordinationPort}
   */
  readonly coordination?: Coordinations[W] | undefined
  /** a clock for everything this library times: the sandbox's, or one of a test. Default: the system's */
  readonly clock?: ApplicationClock | undefined
  /**
   * `"required"`: a client without a tenant is `Misconfigured`, and so is the tenant `"default"`. A forgotten tenant
   * then never reaches another's data, nor a shared grant. Default: a client without a tenant is that of `"default"`
   */
  readonly tenants?: "required" | undefined
  /**
   * where a human is told what they should know, a line for each incident: that a user has to consent again, that Sage
   * refused a credential, that a licence, a certificate or a budget ends, and advice. Never a secret. `"console"` is
   * standard error. Or a logger such as pino's; or `false` for nothing.
   *
   * Default: `"console"`, in `@sage-auth/core/effect` the loggers of Effect. Then connections with `environment:
   * "sandbox"` are left out, and in tests nothing is told. Those are processes with `NODE_ENV` `test`, or with
   * `VITEST`, `JEST_WORKER_ID` or `NODE_TEST_CONTEXT`
   */
  readonly log?: Log | "console" | false | undefined
}

/** The settings of an application, checked as far as that takes no effect. */
export interface CheckedSettings {
  /** milliseconds */
  readonly deadline: number | undefined
  /** milliseconds */
  readonly shutdown: number | undefined
  readonly capacity: number | undefined
  readonly fetch: Fetch | undefined
  readonly retry: NonNullable<Settings<World>["retry"]>
  readonly clock: ApplicationClock | undefined
  readonly log: CheckedLog | undefined
  readonly store: NonNullable<Settings<World>["store"]>
  readonly coordination: NonNullable<Settings<World>["coordination"]>
  readonly keys: readonly [Redacted.Redacted, ...Array<Redacted.Redacted>]
  /** whether the keys were made for this process */
  readonly ownKeys: boolean
  /** milliseconds */
  readonly keepAlive: { readonly every: number } | undefined
  /** whether every client needs a tenant */
  readonly tenantsRequired: boolean
  /** what tests of this library set */
  readonly times: object
}

const given = <A>(expected: string, is: (input: unknown) => boolean) =>
  Decoder.optional(
    OptionDecoder.leaf<A>(expected, (input) => (is(input) ? Result.succeed(input as A) : Result.fail(expected)))
  )

/** An option that the effect entry also takes as a layer, which the promise entry cannot run. */
const place = <A>(
  entry: EntryPoint,
  texts: string,
  service: string,
  makers: string,
  is: (input: unknown) => boolean
) => {
  const port = `${texts}, or an object such as ${makers} makes`
  const expected = entry === "effect" ? `${texts}, a layer of ${service}, or an object with promises` : port
  return Decoder.optional(
    OptionDecoder.leaf<A>(expected, (input) => {
      const made = madeByEffect("Layer", input)
      if (made === undefined ? is(input) : made === "4" && entry === "effect") return Result.succeed(input as A)
      return Result.fail(made === undefined ? expected : `${texts}: ${remedyFor(made, `a layer of ${service}`)}`)
    })
  )
}

const has = (input: unknown, ...names: ReadonlyArray<string>): boolean =>
  Predicate.isObject(input) && names.every((name) => Predicate.hasProperty(input, name))

const isStore = (input: unknown): boolean =>
  input === "memory:" ||
  (typeof input === "string" && /^sqlite:./s.test(input)) ||
  (has(input, "grants") && has((input as StorePort).grants, "read", "compareAndSet", "list"))

const retryOf = (entry: EntryPoint) =>
  Decoder.optional(
    OptionDecoder.leaf<Retry>(retryOption.expected, (input) => {
      const made = madeByEffect("Schedule", input)
      if (made === "3" || (made === "4" && entry === "promise")) {
        return Result.fail(`${retryOption.expected}: ${remedyFor(made, "a Schedule")}`)
      }
      const read = Decoder.decode(retryOption, input, "")
      return Result.mapError(read, () => retryOption.expected)
    })
  )

/** For tests of this library: shorter times for leases, so that a matrix of deaths does not take an hour. */
export const grantTimes: unique symbol = Symbol.for("@sage-auth/core/grantTimes")

const decoderFor = (entry: EntryPoint) =>
  Decoder.Struct(
    {
      connections: Decoder.optional(Decoder.Unknown),
      [grantTimes]: Decoder.optional(Decoder.Unknown),
      store: place<NonNullable<Settings<World>["store"]>>(
        entry,
        '"memory:", "sqlite:<path>"',
        "GrantStore",
        "@sage-auth/postgres",
        isStore
      ),
      coordination: place<NonNullable<Settings<World>["coordination"]>>(
        entry,
        '"memory:"',
        "Coordination",
        "@sage-auth/postgres or @sage-auth/redis",
        (input) => input === "memory:" || has(input, "acquire", "state")
      ),
      keys: Decoder.optional(Decoder.Unknown),
      tenants: Decoder.optional(OptionDecoder.oneOf("required")),
      keepAlive: Decoder.optional(
        Decoder.Struct({ every: Decoder.optional(OptionDecoder.longDuration) }, 'an object such as { every: "7 days" }')
      ),
      deadline: Decoder.optional(OptionDecoder.duration),
      shutdown: Decoder.optional(OptionDecoder.duration),
      capacity: Decoder.optional(OptionDecoder.count(1)),
      fetch: given<Fetch>("a function with the shape of the platform's fetch", Predicate.isFunction),
      retry: Decoder.optional(
        Decoder.Struct(
          { transient: retryOf(entry), rateLimited: retryOf(entry) },
          "an object with a policy under transient, rateLimited or both"
        )
      ),
      clock: given<ApplicationClock>(
        "an object with a function now() that returns milliseconds since the epoch",
        (input) => Predicate.hasProperty(input, "now") && Predicate.isFunction(input.now)
      ),
      log: given<Log | "console" | false>(
        '"console", a logger with a function warn(text), or false',
        (input) =>
          input === false ||
          input === "console" ||
          (Predicate.hasProperty(input, "warn") && Predicate.isFunction(input.warn))
      )
    },
    "an object with the connections of the application"
  )

const logOf = (log: Settings["log"], entry: EntryPoint): CheckedLog | undefined => {
  if (log === false || (log === undefined && isUnderTest())) return undefined
  return { to: log ?? (entry === "effect" ? "effect" : "console"), standIns: log !== undefined }
}

/** Checks the settings whole; the connections beside them are checked by their builders. */
export const checkSettings = (
  input: unknown,
  entry: EntryPoint
): Result.Result<CheckedSettings, ReadonlyArray<Issue>> => {
  const decoded = Decoder.decode(decoderFor(entry), input, "")
  const { keys, store } = (Predicate.isObject(input) ? input : {}) as Pick<Settings<World>, "keys" | "store">
  const inMemory = store === undefined || store === "memory:"
  const parsed =
    keys !== undefined
      ? parseKeys(keys)
      : inMemory
        ? parseKeys([generateKey()])
        : Result.fail([
            { option: "keys", expected: "keys for every store but memory: 32 random bytes in base64url each" }
          ])
  if (Result.isFailure(decoded) || Result.isFailure(parsed)) {
    return Result.fail([
      ...(Result.isFailure(decoded) ? decoded.failure : []),
      ...(Result.isFailure(parsed) ? parsed.failure : [])
    ])
  }
  const { capacity, clock, coordination, deadline, fetch, keepAlive, log, retry, shutdown } = decoded.success
  return Result.succeed({
    deadline,
    shutdown,
    capacity,
    fetch,
    retry: retry ?? {},
    clock,
    log: logOf(log, entry),
    store: decoded.success.store ?? "memory:",
    coordination: coordination ?? "memory:",
    keys: parsed.success,
    ownKeys: keys === undefined,
    tenantsRequired: decoded.success.tenants === "required",
    keepAlive: keepAlive === undefined ? undefined : { every: keepAlive.every ?? week },
    times: Predicate.hasProperty(input, grantTimes) && Predicate.isObject(input[grantTimes]) ? input[grantTimes] : {}
  })
}

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
      expected: `no such option${Decoder.closest(other, ["tenant"]) === undefined ? ": a client has tenant alone" : ": did you mean tenant?"}`
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
