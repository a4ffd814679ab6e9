import { parse as read, type Program } from "acorn"
import { type AuthMethod, type Exported, type Position, readExports, type Section, type Value } from "./Reader.ts"
import {
  checkExportedConfig,
  type FindingContent,
  isOfConfig,
  isOfSession,
  language,
  type Listed,
  type NodelocalFinding,
  nodelocalPage,
  type Report,
  template,
  type Undecided
} from "./rules.ts"

/** Whether a file lets a way in: `cannot-tell` where the file, or what is published about it, does not decide. */
export interface WayIn {
  /** whether X3 lets it in */
  readonly answer: "enabled" | "disabled" | "cannot-tell"
  /** in one sentence, for humans */
  readonly why: string
}

/** What a nodelocal.js means. */
export interface NodelocalReport {
  /** in the file's order */
  readonly findings: ReadonlyArray<NodelocalFinding>
  /** what the file lets in, by the credential */
  readonly waysIn: {
    /** user and password with web services: `x3.basic` */
    readonly basic: WayIn
    /** a TLS client certificate: `x3.certificate` */
    readonly certificate: WayIn
    /** an OAuth2 access token with web services: `x3.oauth2`, `x3.clientCredentials`, `x3.bearer` */
    readonly bearer: WayIn
    /** humans with a browser */
    readonly interactive: WayIn
    /** tokens of a connected application with GraphQL: `app` of `x3.graphql` */
    readonly connectedApp: WayIn
  }
}

/** Far above any nodelocal.js, which has a few hundred lines. */
const longest = 1 << 20

/** What is wrong with a text that cannot be read, in words that hold nothing of it. */
type Unparsable = "syntax" | "unterminated" | "too-long" | "too-deep"

/** What a text is as JavaScript. */
type Parsed =
  | { readonly program: Program; readonly problem?: undefined }
  | { readonly program?: undefined; readonly problem: Unparsable; readonly place: Position }

const start: Position = { line: 1, column: 1 }

/** The parser's own words quote the text, so that only its place and kind are taken. */
const problemOf = (thrown: unknown): Parsed => {
  const { loc, message } = thrown as { readonly message?: string; readonly loc?: { line: number; column: number } }
  const place = loc === undefined ? start : { line: loc.line, column: loc.column + 1 }
  if (thrown instanceof RangeError || message?.startsWith("Not enough stack") === true) {
    return { problem: "too-deep", place }
  }
  return { problem: message?.startsWith("Unterminated") === true ? "unterminated" : "syntax", place }
}

/** The syntax tree of a CommonJS file or of an ES module. Nothing is run. */
export const parseModule = (source: string): Parsed => {
  if (source.length > longest) return { problem: "too-long", place: start }
  const options = { ecmaVersion: "latest", locations: true, allowHashBang: true } as const
  try {
    return {
      program: read(source, {
        ...options,
        sourceType: "script",
        allowReturnOutsideFunction: true,
        allowImportExportEverywhere: true
      })
    }
  } catch (asScript) {
    try {
      // what only a module may have, such as await outside of functions
      return { program: read(source, { ...options, sourceType: "module" }) }
    } catch {
      return problemOf(asScript)
    }
  }
}

type WaysIn = NodelocalReport["waysIn"]

const enabled = (why: string): WayIn => ({ answer: "enabled", why })
const disabled = (why: string): WayIn => ({ answer: "disabled", why })
const cannotTell = (why: string): WayIn => ({ answer: "cannot-tell", why })

/** Whether one method is listed, and what else in the list puts that in doubt. */
const decide = (method: AuthMethod, { foreign, meantFor, methods, open }: Listed): WayIn => {
  if (methods.has(method)) {
    return !foreign
      ? enabled(`\`session.auth\` lists "${method}".`)
      : cannotTell(
          `\`session.auth\` lists "${method}", and a value that is not one of Sage's. Some guides say that this switches authentication off. No page of Sage's says what it does.`
        )
  }
  if (meantFor.has(method)) {
    return cannotTell(
      `\`session.auth\` has a value that is probably meant for "${method}"; what X3 does with it is not documented.`
    )
  }
  if (open) return cannotTell(`\`session.auth\` has parts that cannot be read here, and "${method}" may be among them.`)
  return disabled(`\`session.auth\` does not list "${method}".`)
}

const ldapAlone = cannotTell('`session.auth` lists "ldap" without "basic"; what it does alone is not documented.')

const basicOf = (listed: Listed): WayIn => {
  const own = decide("basic", listed)
  const mayBeLdap = listed.methods.has("ldap") || listed.meantFor.has("ldap")
  return own.answer === "disabled" && mayBeLdap ? ldapAlone : own
}

const bearer = (listed: Listed): WayIn => {
  const own = decide("bearer", listed)
  const beside = decide("oauth2", listed)
  if (own.answer === "disabled" && listed.methods.has("oauth2")) {
    return disabled(
      '`session.auth` lists "oauth2", which is for browsers, and not "bearer", which Sage\'s page calls mandatory for web services. Some guides take "oauth2" alone for enough.'
    )
  }
  if (own.answer !== "enabled" || beside.answer === "enabled") return own
  return cannotTell(
    '`session.auth` lists "bearer" and not surely "oauth2"; Sage\'s page asks for both, and whether one is enough is not documented.'
  )
}

const interactive = (listed: Listed): WayIn => {
  const methods: ReadonlyArray<AuthMethod> = ["basic", "oauth2", "saml2", "sage-id"]
  const decided = methods.map((method) => ({ method, way: decide(method, listed) }))
  const names = decided.filter(({ way }) => way.answer === "enabled").map(({ method }) => `"${method}"`)
  if (names.length > 0)
    return enabled(`\`session.auth\` lists ${names.join(", ")}; which of them a user has stands in the user's record.`)
  const open = decided.find(({ way }) => way.answer === "cannot-tell")
  if (open !== undefined) return cannotTell(open.way.why)
  if (listed.methods.has("ldap")) return ldapAlone
  return listed.methods.has("certificate") && !listed.foreign
    ? enabled(
        '`session.auth` lists "certificate": only browsers with a certificate get in, over a port with client authentication.'
      )
    : disabled("`session.auth` lists no method for humans with a browser.")
}

const elsewhere =
  "Connected applications stand in Administration > Administration > Settings > Authentication > Connected applications, not in this file."

/** What a list means for each way in. */
const waysIn = (listed: Listed | Undecided): WaysIn => {
  if ("why" in listed) {
    const open = cannotTell(`${listed.why[0]?.toUpperCase() ?? ""}${listed.why.slice(1)}.`)
    return { basic: open, certificate: open, bearer: open, interactive: open, connectedApp: cannotTell(elsewhere) }
  }
  const basic = basicOf(listed)
  const certificate = decide("certificate", listed)
  const precedes = listed.methods.has("certificate") && basic.answer === "enabled"
  return {
    basic: precedes
      ? enabled(
          `${basic.why} Over a port with client authentication the certificate decides who it is, and not the user and password.`
        )
      : basic,
    certificate:
      certificate.answer === "enabled"
        ? enabled(
            `${certificate.why} It counts over ports whose connection has client authentication, in Administration > Administration > Servers > Hosts.`
          )
        : certificate,
    bearer: bearer(listed),
    interactive: interactive(listed),
    connectedApp: cannotTell(elsewhere)
  }
}

/** Lines that a fragment is given before its own. */
const linesBefore = 1

// what stands in the line before is the fragment as a whole
const moved = ({ column, line }: Position): Position =>
  line > linesBefore ? { column, line: line - linesBefore } : { column: 1, line: 1 }

/** What a fragment means as a file, and where its places are in the fragment. */
interface Fragment {
  readonly exported: Exported
  readonly moved: (place: Position) => Position
}

const around = (name: string, value: Value): Section => ({
  kind: "object",
  place: value.place,
  members: new Map([[name, { place: value.place, value, replaces: undefined }]]),
  gap: undefined,
  touched: undefined
})

/** The settings that an object holds: those of a file's `config`, or of its `session`. */
const settingsIn = (value: Value | undefined): Value | undefined => {
  if (value?.kind !== "object") return undefined
  const names = [...value.members.keys()]
  if (names.some(isOfConfig)) return value
  return names.some(isOfSession) ? around("session", value) : undefined
}

/** The same where they may stand in a `config`, once: an object may hold itself. */
const configIn = (value: Value | undefined): Value | undefined =>
  settingsIn(value) ?? (value?.kind === "object" ? settingsIn(value.members.get("config")?.value) : undefined)

const exportsAs = (before: string, fragment: string, after: string): Exported | undefined => {
  const { program } = parseModule(`${before}\n${fragment}\n${after}`)
  // one statement: what closes the wrapping and goes on is no fragment
  if (program === undefined || program.body.length !== 1) return undefined
  const exported = readExports(program)
  const config = configIn(exported.config)
  return config === undefined ? undefined : { ...exported, config }
}

/** A comma or a semicolon that follows what was copied. */
const withoutEnd = (source: string): string => source.trimEnd().replace(/[,;]$/, "")

/**
 * Reads what somebody copied out of a file: properties (`session: { auth: "oauth2" }`, `auth: "oauth2", timeout: 20`)
 * or an object of them, with comments and with the comma or semicolon that followed. undefined: it is none, so that
 * what is wrong with the file is said.
 */
const readFragment = (source: string): Fragment | undefined => {
  const fragment = withoutEnd(source)
  const exported = exportsAs("exports.config = {", fragment, "}") ?? exportsAs("exports.config = (", fragment, ")")
  return exported === undefined ? undefined : { exported, moved }
}

const secretName = /pass(?:word|phrase|wd|$)|secret|pwd|api[-_]?key|private[-_]?key|token/i
/** A path or address of a secret is none. */
const whereabouts = /(?:file|path|dir|url|timeout|lifetime|validity)$/i
const withPassword = /^[a-z][a-z\d+.-]*:\/\/[^\s/@:]*:[^\s/@]+@/i
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/

/** Names that may be shown: a name in the file can be anything, a user's for example. */
const shown = new Set(
  `config session sage_id hosting security system collaboration mongodb streamline x3fusion searchEngine translation orm
  upload traces integrationServer help docTool options db server replSet mongos proxy mail smtp ldap oauth2 auth http https
  ssl certificate passphrase password passwd pass pwd secret clientSecret client_secret token apiKey api_key privateKey
  private_key key user url uri connection connectionString`.split(/\s+/)
)

const step = (path: string, key: string): string => {
  const name = shown.has(key) ? key : "*"
  return path === "" ? name : `${path}.${name}`
}

/** Tells of secrets in the settings by their place, never by what they are. */
const findSecrets = (config: Value, report: Report): void => {
  const seen = new Set<Value>()
  const waiting: Array<{ readonly value: Value; readonly path: string; readonly key: string }> = [
    { value: config, path: "", key: "" }
  ]
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    const { key, path, value } = one
    if (seen.has(value)) continue
    seen.add(value)
    if (value.kind === "object") {
      for (const [name, member] of value.members) {
        waiting.push({ value: member.value, path: step(path, name), key: name })
      }
    } else if (value.kind === "list") {
      for (const [index, item] of value.items.entries()) waiting.push({ value: item, path: `${path}[${index}]`, key })
    } else {
      const named = secretName.test(key) && !whereabouts.test(key)
      const secret =
        (value.kind === "number" && named) ||
        (value.kind === "text" &&
          ((named && value.text !== "") || withPassword.test(value.text) || privateKey.test(value.text)))
      if (!secret) continue
      report(value.place, path, {
        id: "nodelocal.secret",
        severity: "warning",
        meaning:
          "The file holds a secret in plain text. Anyone who can read the file, a copy or a backup has the secret. It is not shown here.",
        remedy:
          "Restrict who can read the file, keep it out of version control and tickets, and replace the secret if the file was passed on.",
        source: template
      })
    }
  }
}

const unparsable = (problem: Unparsable): FindingContent => {
  const tooMuch = problem === "too-long" || problem === "too-deep"
  return {
    id: tooMuch ? "nodelocal.too-much" : "nodelocal.not-javascript",
    severity: "error",
    meaning: tooMuch
      ? `The file is ${problem === "too-long" ? "longer than a mebibyte" : "nested too deeply"}, and was not read. No nodelocal.js is.`
      : problem === "unterminated"
        ? "The file is not JavaScript: what begins here (a text, a comment, a regular expression) does not end. X3 does not start with it either."
        : "The file is not JavaScript: what stands here cannot stand here, such as for a missing comma or brace before it. X3 does not start with it either.",
    remedy: tooMuch ? "Check that it is the right file." : "Correct it here, or just before.",
    source: language
  }
}

const checkExports = ({ config, esModule, exports }: Exported, report: Report): Listed | Undecided => {
  if (esModule !== undefined) {
    report(esModule, "", {
      id: "nodelocal.es-module",
      severity: "warning",
      meaning:
        "This is an ES module. Sage's page shows `exports.config`; that X3 reads an ES module is not documented.",
      remedy: "Write `exports.config = { … }`.",
      source: nodelocalPage
    })
  }
  if (config !== undefined) {
    findSecrets(config, report)
    return checkExportedConfig(config, report)
  }
  if (esModule !== undefined) return { why: "the file is an ES module, which is not read" }
  const outside = exports.kind === "object" && exports.members.has("session")
  report(exports.place, "", {
    id: "nodelocal.no-config",
    severity: "error",
    meaning: `The file does not export \`config\`, in which X3 looks for its settings${outside ? ": they stand outside of it" : ""}.`,
    remedy: outside ? "Write `exports.config = { … }` around them." : "Write `exports.config = { session: { … } }`.",
    source: nodelocalPage
  })
  return { why: "the file does not export `config`" }
}

/**
 * Reads X3's `nodelocal.js` and says what its `session` means: what is misspelt, missing or doubtful in it, and which
 * ways in it opens. A piece of the file will do, such as `session: { … }`. The file is read as data and never run;
 * what only running it would tell (functions, conditions,
 * the environment, other files) is a finding, not a guess. It takes any text and never throws. Nothing that it says
 * quotes the file, but for the names of authentication methods.
 *
 * Source: online-help.sagex3.com, V11, Configuration file; V12, Configuration file nodelocal; V12, Web services: OAuth2
 * authentication.
 *
 * @category advice
 */
export const lintNodelocal = (source: string): NodelocalReport => {
  const found: Array<NodelocalFinding> = []
  const told = new Set<string>()
  const report: Report = ({ column, line }, path, content) => {
    // a value that several settings share is one place to correct
    const key = `${content.id} ${line} ${column}`
    if (told.has(key)) return
    told.add(key)
    found.push({
      id: content.id,
      severity: content.severity,
      line,
      column,
      path,
      meaning: content.meaning,
      remedy: content.remedy,
      source: content.source
    })
  }
  // from JavaScript it may be the Buffer that readFileSync gave
  const given: unknown = source
  const text = typeof given === "string" ? given : String(given)
  const parsed = parseModule(text)
  const file = parsed.program === undefined ? undefined : readExports(parsed.program)
  const fragment = file?.config === undefined ? readFragment(text) : undefined
  const listed = (): Listed | Undecided => {
    if (fragment !== undefined) {
      return checkExports(fragment.exported, (place, path, content) => report(fragment.moved(place), path, content))
    }
    if (file !== undefined) return checkExports(file, report)
    if (parsed.problem !== undefined) report(parsed.place, "", unparsable(parsed.problem))
    return { why: "the file cannot be read" }
  }
  const ways = waysIn(listed())
  return { findings: found.toSorted((a, b) => a.line - b.line || a.column - b.column), waysIn: ways }
}
