import * as Result from "../config/Result.ts"
import { reveal } from "../config/options.ts"
import type { Issue } from "../errors/Reason.ts"
import * as Decoder from "../config/decoder.ts"
import { builtin } from "../config/builtin.ts"
import { checkSandboxUrl, checkUrl } from "../config/hosts.ts"
import * as OptionDecoder from "../config/options.ts"
import { type CheckedLogin, type CheckedSender, decodeLogin, decodeSender, intacctHosts } from "./options.ts"

/** Where `intacctXml.fromEnvironment` looks. */
export interface EnvironmentOptions {
  /**
   * The section of the credentials file to read, for sender and login alike. It wins over the `INTACCT_*_PROFILE`
   * variables. Credentials in variables win over any profile, as in Sage's own SDK. A named profile is read for a group
   * of which no variable is set. Default: see {@link fromEnvironment}.
   */
  readonly profile?: string | undefined
  /** default `process.env` */
  readonly env?: { readonly [name: string]: string | undefined } | undefined
  /** the directory that holds `.intacct/credentials.ini`; default `HOME`, on Windows `HOMEDRIVE` and `HOMEPATH` */
  readonly home?: string | undefined
  /** `"sandbox"` accepts any http or https URL as endpoint and returns it as `urls.xml`; default `"production"` */
  readonly environment?: "production" | "sandbox" | undefined
}

type Env = { readonly [name: string]: string | undefined }

/** What the environment holds, as options of `intacctXml`. */
export type EnvironmentCredentials = {
  readonly sender: CheckedSender
  readonly login: CheckedLogin
} & (
  | { readonly endpoint?: string | undefined; readonly environment?: undefined; readonly urls?: undefined }
  | {
      readonly endpoint?: undefined
      readonly environment: "sandbox"
      readonly urls: { readonly xml?: string | undefined }
    }
)

const EnvironmentSchema = Decoder.Struct(
  {
    profile: Decoder.optional(OptionDecoder.anyText),
    env: Decoder.optional(Decoder.Record(Decoder.UndefinedOr(OptionDecoder.string), "an object like process.env")),
    home: Decoder.optional(OptionDecoder.anyText),
    environment: Decoder.optional(OptionDecoder.oneOf("production", "sandbox"))
  },
  "an object such as { profile }"
)

/** A value and where it was written, for the issue about it. */
interface LocatedValue {
  readonly value: string
  readonly source: string
}

/** One option, its variable and its key in a profile. */
interface Name {
  readonly option: string
  readonly variable: string
  readonly key: string
}

const senderNames: ReadonlyArray<Name> = [
  { option: "id", variable: "INTACCT_SENDER_ID", key: "sender_id" },
  { option: "password", variable: "INTACCT_SENDER_PASSWORD", key: "sender_password" }
]
const loginNames: ReadonlyArray<Name> = [
  { option: "companyId", variable: "INTACCT_COMPANY_ID", key: "company_id" },
  { option: "userId", variable: "INTACCT_USER_ID", key: "user_id" },
  { option: "password", variable: "INTACCT_USER_PASSWORD", key: "user_password" }
]
const entityName: Name = { option: "entityId", variable: "INTACCT_ENTITY_ID", key: "entity_id" }
const endpointName: Name = { option: "endpoint", variable: "INTACCT_ENDPOINT_URL", key: "endpoint_url" }

/**
 * Reads sender, login and endpoint from the names that users of Sage's own SDK have: `INTACCT_SENDER_ID`,
 * `INTACCT_SENDER_PASSWORD`; `INTACCT_COMPANY_ID`, `INTACCT_USER_ID`, `INTACCT_USER_PASSWORD`, `INTACCT_ENTITY_ID`;
 * `INTACCT_ENDPOINT_URL`; and `~/.intacct/credentials.ini` with the same names in small letters without `INTACCT_`.
 *
 * Sender and login are found apart. A group of which any required variable is set is taken from variables alone, and
 * each one missing is an issue. Variables and file are never mixed. A group with none set is read from its profile:
 * `profile`, else `INTACCT_PROFILE`, else `INTACCT_SENDER_PROFILE` for the sender and `INTACCT_COMPANY_PROFILE` for the
 * login (which falls back to the sender's), else `default`. `entity_id` and `endpoint_url` of a profile that is read
 * win over their variables; `endpoint_url` belongs to the sender's profile.
 *
 * It reads synchronously and never throws. With issues `options` is undefined; each names a variable, or a file with
 * its section and key, and never a value. What the SDK's reader of the file would cut or change without a word (`;` and
 * `#` outside of quotes, repeated keys, lists, broken headers, text that is not UTF-8) is an issue too.
 *
 * Source: github.com/Intacct/intacct-sdk-js, `SenderCredentials`, `LoginCredentials` and `ProfileCredentialProvider`.
 */
export const fromEnvironment = (
  options?: EnvironmentOptions
): { readonly options: EnvironmentCredentials | undefined; readonly issues: ReadonlyArray<Issue> } =>
  Result.match(Result.flatMap(Decoder.decode(EnvironmentSchema, options ?? {}, "fromEnvironment"), read), {
    onSuccess: (options) => ({ options, issues: [] }),
    onFailure: (issues) => ({ options: undefined, issues })
  })

const read = (options: typeof EnvironmentSchema.Type): Result.Result<EnvironmentCredentials, ReadonlyArray<Issue>> => {
  const env = options.env ?? process.env
  const file = new CredentialsFile(options.home ?? homeOf(env))
  const issues: Array<Issue> = []

  const profiles = profilesOf(options.profile, env)
  const sender = readGroup(senderNames, endpointName, profiles.sender, env, file)
  const login = readGroup(loginNames, entityName, profiles.login, env, file)
  for (const issue of [...profiles.issues, ...sender.issues, ...login.issues]) {
    // What is wrong with the file as a whole is found by both groups.
    if (!issues.some(({ option, expected }) => option === issue.option && expected === issue.expected)) {
      issues.push(issue)
    }
  }

  const checked = <A>(
    group: Group,
    decode: (input: unknown, at: string) => Result.Result<A, ReadonlyArray<Issue>>
  ): A | undefined => {
    if (group.issues.length > 0) return undefined
    const values = Object.fromEntries(Object.entries(group.found).map(([option, { value }]) => [option, value]))
    return Result.match(decode(values, ""), {
      onSuccess: (checked) => checked,
      onFailure: (wrong) => {
        for (const { option, expected } of wrong) {
          issues.push({ option: group.found[option]?.source ?? option, expected })
        }
        return undefined
      }
    })
  }
  const { [endpointName.option]: endpoint, ...senderFound } = sender.found
  const checkedSender = checked({ ...sender, found: senderFound }, decodeSender)
  const checkedLogin = checked(login, decodeLogin)

  const sandbox = options.environment === "sandbox"
  if (endpoint !== undefined) {
    const url = sandbox
      ? checkSandboxUrl(endpoint.value)
      : checkUrl(endpoint.value, { environment: "production", suffixes: intacctHosts })
    Result.mapError(url, (expected) => issues.push({ option: endpoint.source, expected }))
  }

  if (issues.length > 0 || checkedSender === undefined || checkedLogin === undefined) return Result.fail(issues)
  const credentials = { sender: checkedSender, login: checkedLogin }
  return Result.succeed(
    sandbox
      ? { ...credentials, environment: "sandbox", urls: { xml: endpoint?.value } }
      : { ...credentials, endpoint: endpoint?.value }
  )
}

/** Which section of the file sender and login are read from, where variables do not have them. */
const profilesOf = (profile: string | undefined, env: Env) => {
  const issues: Array<Issue> = []
  const variable = (name: string): string | undefined => {
    const value = env[name]
    // Reading the default section instead would be somebody else's company.
    if (value === "") issues.push({ option: name, expected: "the name of a section, or no such variable" })
    return value
  }
  const named = profile ?? variable("INTACCT_PROFILE")
  const sender = named ?? variable("INTACCT_SENDER_PROFILE") ?? "default"
  // The SDK has the login fall back to the sender's profile, since both share one setting there.
  return { sender, login: named ?? variable("INTACCT_COMPANY_PROFILE") ?? sender, issues }
}

/** Which section of the file each group is read from; undefined where variables have it. */
export const sectionsOf = (
  profile: string | undefined,
  env: Env
): { readonly sender: string | undefined; readonly login: string | undefined } => {
  const { login, sender } = profilesOf(profile, env)
  const isSet = ({ variable }: Name): boolean => env[variable] !== undefined
  return { sender: senderNames.some(isSet) ? undefined : sender, login: loginNames.some(isSet) ? undefined : login }
}

interface Group {
  readonly found: { readonly [option: string]: LocatedValue }
  readonly issues: ReadonlyArray<Issue>
}

const readGroup = (
  required: ReadonlyArray<Name>,
  optional: Name,
  profile: string,
  env: Env,
  file: CredentialsFile
): Group => {
  const fromVariable = ({ option, variable }: Name): ReadonlyArray<readonly [string, LocatedValue]> => {
    const value = env[variable]
    return value === undefined ? [] : [[option, { value, source: variable }]]
  }
  // An entity or an endpoint that is set and empty is how scripts say: none.
  const beside = fromVariable(optional).filter(([, { value }]) => value !== "")
  const variables = required.flatMap(fromVariable)
  if (variables.length > 0) {
    const missing = required.filter(({ variable }) => env[variable] === undefined)
    const set = variables.map(([, { source }]) => source).join(" and ")
    return {
      found: Object.fromEntries([...beside, ...variables]),
      issues: missing.map(({ variable }) => ({
        option: variable,
        expected: `a value to go with ${set}: variables and a profile are not mixed`
      }))
    }
  }

  const section = file.section(profile)
  if (Result.isFailure(section)) {
    return {
      found: {},
      issues:
        section.failure ??
        required.map(({ variable, key }) => ({
          option: variable,
          expected: `a value here, or ${key} in section [${profile}] of ${file.path}`
        }))
    }
  }
  const issues: Array<Issue> = []
  const fromKey = ({ option, key }: Name, optional: boolean): ReadonlyArray<readonly [string, LocatedValue]> => {
    const source = `${file.path} [${profile}] ${key}`
    const entry: IniValue | undefined = section.success.get(key)
    if (entry === undefined || (Result.isSuccess(entry) && entry.success === "")) {
      if (!optional) issues.push({ option: source, expected: "a value" })
      return []
    }
    if (Result.isSuccess(entry)) return [[option, { value: entry.success, source }]]
    issues.push({ option: source, expected: entry.failure })
    return []
  }
  const found = [...beside, ...required.flatMap((name) => fromKey(name, false)), ...fromKey(optional, true)]
  return { found: Object.fromEntries(found), issues }
}

/** The user's directory. */
export const homeOf = (env: Env): string | undefined =>
  env["HOME"] || (env["HOMEDRIVE"] && env["HOMEPATH"] ? env["HOMEDRIVE"] + env["HOMEPATH"] : undefined)

/** The file of profiles below a user's directory. */
export const profilesFileOf = (home: string | undefined): string =>
  builtin("node:path").join(home ?? "~", ".intacct", "credentials.ini")

/** `credentials.ini`, read when a group first needs it. */
class CredentialsFile {
  readonly path: string
  readonly #exists: boolean
  #read: Result.Result<Ini, ReadonlyArray<Issue>> | undefined

  constructor(home: string | undefined) {
    this.path = profilesFileOf(home)
    this.#exists = home !== undefined && builtin("node:fs").existsSync(this.path)
  }

  /** The keys of a section; fails with nothing when there is no file to blame. */
  section(name: string): Result.Result<ReadonlyMap<string, IniValue>, ReadonlyArray<Issue> | undefined> {
    if (!this.#exists) return Result.fail(undefined)
    this.#read ??= readFile(this.path)
    return Result.flatMap(this.#read, ({ sections }) => {
      const section = sections.get(name)
      return section === undefined
        ? Result.fail([{ option: this.path, expected: `a section [${name}]` }])
        : Result.succeed(section)
    })
  }
}

/** What no file of profiles is larger than, in bytes. */
const largestFile = 256 * 1024

const readFile = (file: string): Result.Result<Ini, ReadonlyArray<Issue>> => {
  const { closeSync, openSync, readSync } = builtin("node:fs")
  const bytes = Result.flatMap(
    Result.try({
      try: () => {
        const opened = openSync(file, "r")
        try {
          const buffer = Buffer.alloc(largestFile + 1)
          let length = 0
          for (let read = -1; read !== 0 && length < buffer.length; length += read) {
            read = readSync(opened, buffer, length, buffer.length - length, null)
          }
          return buffer.subarray(0, length)
        } finally {
          closeSync(opened)
        }
      },
      catch: () => "a file that can be read"
    }),
    (read) => (read.length > largestFile ? Result.fail(`at most ${largestFile / 1024} KiB`) : Result.succeed(read))
  )
  const text = Result.flatMap(bytes, (bytes) =>
    // A byte that is not UTF-8 would be replaced, and the password with it.
    Result.try({ try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes), catch: () => "UTF-8 text" })
  )
  if (Result.isFailure(text)) return Result.fail([{ option: file, expected: text.failure }])
  const ini = parseIni(text.success)
  if (ini.brokenHeaders.length === 0) return Result.succeed(ini)
  const expected = "a section header alone on its line, such as [default]"
  return Result.fail(ini.brokenHeaders.map((line) => ({ option: `${file} line ${line}`, expected })))
}

// Why a reader of our own. The files are those of Sage Intacct's JavaScript SDK, which reads them with `ini` 1.3.8, and
// Effect's `encoding/Ini` follows the same rules. An unquoted `;` or `#` ends a value without a word, a header with
// anything after it becomes a key and its keys go to the section before, the last of two keys wins. In a file of
// passwords each of these sends a wrong credential. Here they are mistakes, and a parsed record cannot tell them any
// more.

/** What one key holds: its value, or what would be right in its place. */
type IniValue = Result.Result<string, string>

/** The sections of a file by name, and the keys of each. */
interface Ini {
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, IniValue>>
  /** numbers of the lines that start like a section header and are none, counted from 1 */
  readonly brokenHeaders: ReadonlyArray<number>
}

/**
 * Reads `[section]` headers and `key = value` lines. A value in double quotes is a JSON string, one in single quotes is
 * what stands between them. Outside of quotes `\;`, `\#` and `\\` are escapes. A line that starts with `;` or `#` is a
 * comment. A byte order mark and all three line ends are accepted.
 */
export const parseIni = (input: string): Ini => {
  const sections = new Map<string, Map<string, IniValue>>()
  const brokenHeaders: Array<number> = []
  let current = new Map<string, IniValue>()
  for (const [index, raw] of input
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trim()
    if (line === "" || line.startsWith(";") || line.startsWith("#")) continue
    if (line.startsWith("[")) {
      const header = /^\[([^\]]*)\]$/.exec(line)?.[1]
      // Keys below a broken header belong to no section, rather than to the one before.
      current = new Map()
      if (header === undefined) brokenHeaders.push(index + 1)
      else {
        const name = sectionName(header)
        current = sections.get(name) ?? current
        sections.set(name, current)
      }
      continue
    }
    const [key, entry] = readLine(line)
    current.set(key, current.has(key) ? Result.fail("given once in its section") : entry)
  }
  return { sections, brokenHeaders }
}

/** Dots separate the parts of a nested section; `\.` is a dot of the name. We have no nesting, so both are a dot. */
const sectionName = (header: string): string =>
  Result.getOrElse(readValue(header), () => header.trim()).replaceAll("\\.", ".")

const readLine = (line: string): readonly [string, IniValue] => {
  const equals = line.indexOf("=")
  const written = equals === -1 ? line : line.slice(0, equals)
  const key = Result.getOrElse(readValue(written), () => written.trim())
  if (key.endsWith("[]")) return [key.slice(0, -2), Result.fail('a single value: "[]" after the key makes it a list')]
  return [key, equals === -1 ? Result.fail('a value after "="') : readValue(line.slice(equals + 1))]
}

const quoted = (value: string, quote: string): boolean =>
  value.length >= 2 && value.startsWith(quote) && value.endsWith(quote)

const readValue = (raw: string): IniValue => {
  const value = raw.trim()
  if (quoted(value, '"')) return readJson(value)
  if (quoted(value, "'")) {
    const inner = value.slice(1, -1)
    return quoted(inner, '"') ? Result.fail("one kind of quotes around the value") : Result.succeed(inner)
  }
  const unescaped = withoutEscapes(value)
  if (unescaped !== undefined) return Result.succeed(unescaped)
  return Result.fail('a value in double quotes: it has ";" or "#", which starts a comment outside of quotes')
}

/** undefined where a comment starts in the middle */
const withoutEscapes = (value: string): string | undefined => {
  let read = ""
  let from = 0
  for (let at = 0; at < value.length; at++) {
    const char = value[at]
    if (char === ";" || char === "#") return undefined
    if (char !== "\\") continue
    const next = value[at + 1]
    at++
    // any other backslash is one
    if (next !== "\\" && next !== ";" && next !== "#") continue
    read += value.slice(from, at - 1)
    from = at
  }
  return read + value.slice(from)
}

const readJson = (value: string): IniValue => {
  const wrong = 'a JSON string in double quotes: \\ and " inside it are written \\\\ and \\"'
  const parsed = Result.try({ try: (): unknown => JSON.parse(value), catch: () => wrong })
  return Result.flatMap(parsed, (text) => (typeof text === "string" ? Result.succeed(text) : Result.fail(wrong)))
}

/** What Sage's own Intacct SDK reads, in the clear: treat it as a secret. */
export interface IntacctSdkCredentials {
  /** who sends: an account that Sage gives to developers */
  readonly sender: { readonly id: string; readonly password: string }
  /** who signs in to which company */
  readonly login: {
    readonly companyId: string
    readonly userId: string
    readonly password: string
    /** undefined: the top level */
    readonly entityId: string | undefined
  }
  /** undefined: the one of production */
  readonly endpoint: string | undefined
}

/** Where Sage's own Intacct SDK finds its credentials. */
export interface IntacctSdkSettings {
  /** undefined where there are issues */
  readonly credentials: IntacctSdkCredentials | undefined
  /** what the SDK's reader cuts or changes without a word, and what is missing: by variable, or by file, section and key */
  readonly issues: ReadonlyArray<Issue>
  /** the file of profiles, whether it is there or not */
  readonly file: string
  /** which section each group is read from; undefined where variables have it */
  readonly sections: { readonly sender: string | undefined; readonly login: string | undefined }
}

/**
 * Reads the profiles and variables of Sage's own Intacct SDK, for a tool that takes them over. Unlike the rest of
 * `@sage-auth/core/inspect` it gives secrets.
 *
 * @param options where to look: `profile`, `env` and `home`, as `intacctXml.fromEnvironment` takes them
 */
export const intacctSdkCredentials = (
  options: Pick<EnvironmentOptions, "env" | "home" | "profile"> = {}
): IntacctSdkSettings => {
  const { issues, options: found } = fromEnvironment(options)
  const env = options.env ?? process.env
  return {
    credentials:
      found === undefined
        ? undefined
        : {
            sender: { id: found.sender.id, password: reveal(found.sender.password) },
            login: {
              companyId: found.login.companyId,
              userId: found.login.userId,
              password: reveal(found.login.password),
              entityId: found.login.entityId
            },
            endpoint: found.endpoint
          },
    issues,
    file: profilesFileOf(options.home ?? homeOf(env)),
    sections: sectionsOf(options.profile, env)
  }
}
