import * as Predicate from "effect/Predicate"
import * as Result from "../config/Result.ts"
import type { Config } from "../Config.ts"
import { unknownOptions } from "../config/unknownOptions.ts"
import type { Connections } from "../Connection.ts"
import type { Issue } from "../errors/Reason.ts"
import { misconfigured } from "../errors/SageAuthError.ts"
import { readReturnTo } from "../oauth2/returnTo.ts"
import type { ResolvedTenant } from "./Caller.ts"
import { isTexts, type ShownProblem, type TextsByLanguage } from "./pages.ts"

/** The options that every adapter has. `R` is the framework's request, `W` its response. */
export interface WebOptions<R, W = never> {
  /**
   * Whose data a request is about: from the application's own session, and not from what the client may choose.
   * `undefined` refuses with 401. Asked when a client is first used and by the routes, once a request. Without it the
   * tenant is `"default"`.
   */
  readonly tenant?: ((request: R) => ResolvedTenant) | undefined
  /** where the routes are, counted from where the adapter is mounted; with or without slashes. Default `"/sage"` */
  readonly basePath?: string | undefined
  /**
   * Other origins whose pages may disconnect, such as `"https://app.example"` in front of an API on another host. The
   * application's own, and those of its redirect addresses, need not be named.
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /** whether connect, callback, disconnect and connections are served. Default true */
  readonly routes?: boolean | undefined
  /**
   * What a proxy in front takes off the path, such as `"/apps/one"`. Default: it is found by a `redirectUri` that ends
   * with the callback's route. It is also found by `X-Forwarded-Prefix` where a `redirectUri` begins with that.
   */
  readonly strippedPrefix?: string | undefined
  /**
   * Where a visitor signs in whose tenant is not known. It is a path or an address, to which `returnTo` is added. Or it
   * is a function of the request and of the path to come back to. Without it they see a page that says so.
   */
  readonly loginUrl?: string | ((request: R, returnTo: string) => string) | undefined
  /**
   * Shows a failure to a human, as a page of the application. It takes the place of the built-in page, and of the way
   * back with `sage_error`. The status and the headers of the answer are already set when it is called.
   */
  readonly render?: ((problem: ShownProblem, request: R, response: W) => void | PromiseLike<void>) | undefined
  /**
   * What the built-in page says, by language, such as `{ de: { links: { back: "Zurück" } } }`. A request gets the
   * language that it wants most (`Accept-Language`), or the first one of these. What is left out is English.
   */
  readonly texts?: TextsByLanguage | undefined
}

/** What an adapter has beside the options of all. */
export interface OwnOptions {
  /** the names of its own options */
  readonly names?: ReadonlyArray<string> | undefined
  /** what is wrong with them, and with what else it was given */
  readonly issues?: ReadonlyArray<Issue> | undefined
}

/** Options as they are used: complete and checked. */
export interface CheckedWebOptions {
  /** beginning with a slash and ending without; empty for the root */
  readonly basePath: string
  /** other origins whose pages may disconnect */
  readonly origins: ReadonlyArray<string>
  /** like the base path; undefined: it is to be found */
  readonly strippedPrefix: string | undefined
}

/** What `createSageAuth` takes, for adapters that open the application themselves. */
const settings: { readonly [Name in keyof Required<Config<Connections>>]: true } = {
  connections: true,
  store: true,
  keys: true,
  coordination: true,
  tenants: true,
  deadline: true,
  shutdown: true,
  capacity: true,
  fetch: true,
  retry: true,
  clock: true,
  log: true,
  keepAlive: true
}

/**
 * The names of what `createSageAuth` takes.
 *
 * @category web
 */
export const settingNames: ReadonlyArray<string> = Object.keys(settings)

/**
 * The names of the options that every adapter has.
 *
 * @category web
 */
export const webOptionNames: ReadonlyArray<keyof WebOptions<unknown>> = [
  "tenant",
  "basePath",
  "origins",
  "routes",
  "strippedPrefix",
  "loginUrl",
  "render",
  "texts"
]

const pathExpected = (example: string): string =>
  `a path such as "${example}", without query, dots, backslashes and encoded characters`

/** Beginning with a slash and ending without; empty for the root. */
const readPath = (input: unknown, example: string): Result.Result<string, string> => {
  if (typeof input !== "string") return Result.fail(pathExpected(example))
  const path = input.replaceAll(/^\/+|\/+$/g, "")
  if (path === "") return Result.succeed("")
  return /^[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*$/.test(path)
    ? Result.succeed(`/${path}`)
    : Result.fail(pathExpected(example))
}

const isOrigin = (input: unknown): input is string => typeof input === "string" && URL.parse(input)?.origin === input

const isLoginUrl = (input: unknown): boolean =>
  typeof input === "function" ||
  (typeof input === "string" &&
    (Result.isSuccess(readReturnTo(input)) || /^https?:$/.test(URL.parse(input)?.protocol ?? "")))

/**
 * Checks options whole.
 *
 * @param others what else is wrong, and the names of the options that the adapter has beside these
 * @throws `SageAuthError` with reason `Misconfigured`, which lists every mistake at once
 * @category web
 */
export const checkWebOptions = (options: WebOptions<never>, others: OwnOptions = {}): CheckedWebOptions => {
  const given: unknown = options
  if (!Predicate.isObject(given)) throw misconfigured([{ option: "options", expected: "an object" }])
  const { issues: more = [], names = [] } = others
  const issues: Array<Issue> = [...more, ...unknownOptions(Object.keys(options), [...webOptionNames, ...names])]
  const expect = (option: keyof WebOptions<never>, expected: string, is: (input: unknown) => boolean): void => {
    if (options[option] !== undefined && !is(options[option])) issues.push({ option, expected })
  }
  expect("tenant", "a function of the request that gives a text, or undefined to refuse", Predicate.isFunction)
  expect("routes", "true or false", (input) => typeof input === "boolean")
  expect("loginUrl", 'a path such as "/login", an http address, or a function that gives one', isLoginUrl)
  expect("render", "a function of the problem, the request and the response", Predicate.isFunction)
  expect("texts", 'an object of texts by language, such as { de: { links: { back: "Zurück" } } }', isTexts)
  const basePath = options.basePath === undefined ? Result.succeed("/sage") : readPath(options.basePath, "/sage")
  if (Result.isFailure(basePath)) issues.push({ option: "basePath", expected: basePath.failure })
  const stripped =
    options.strippedPrefix === undefined ? Result.succeed(undefined) : readPath(options.strippedPrefix, "/apps/one")
  if (Result.isFailure(stripped)) issues.push({ option: "strippedPrefix", expected: stripped.failure })
  const origins = options.origins ?? []
  if (!Array.isArray(origins) || !origins.every(isOrigin)) {
    issues.push({ option: "origins", expected: 'a list of origins such as "https://app.example", without a path' })
  }
  if (Result.isFailure(basePath) || Result.isFailure(stripped) || issues.length > 0) throw misconfigured(issues)
  return { basePath: basePath.success, origins, strippedPrefix: stripped.success }
}
