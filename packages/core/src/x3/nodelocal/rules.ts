import { closest } from "../../config/decoder.ts"
import {
  type AuthMethod,
  authMethods,
  isAuthMethod,
  type List,
  type Member,
  type Position,
  type Section,
  type Value
} from "./Reader.ts"

/** Where the meanings of a finding come from. */
export const configurationPage = "online-help.sagex3.com, V11, Configuration file"
export const nodelocalPage = "online-help.sagex3.com, V12, Configuration file nodelocal"
export const oauth2Page = "online-help.sagex3.com, V12, Web services: OAuth2 authentication"
export const basicPage = "online-help.sagex3.com, V12, Web services: basic authentication"
export const template = "the template of nodelocal.js that X3 comes with, in a public copy"
export const language = "ECMA-262"

/** One thing to know about a nodelocal.js. It quotes nothing of the file but the names of authentication methods. */
export interface NodelocalFinding {
  /** stable, such as `nodelocal.auth-unknown` */
  readonly id: `nodelocal.${string}`
  /** `error`: X3 will not do what was meant. `warning`: it may not, or should not. `note`: good to know */
  readonly severity: "error" | "warning" | "note"
  /** counts from 1 */
  readonly line: number
  /** counts from 1, in UTF-16 units as editors count them */
  readonly column: number
  /** which setting, from `config` on, such as `session.auth[1]`; empty for the file as a whole */
  readonly path: string
  /** what is the case */
  readonly meaning: string
  /** what to do about it */
  readonly remedy: string
  /** the page that says so, or that none does */
  readonly source: string
}

/** What a rule says; where it applies is the file's. */
export type FindingContent = Omit<NodelocalFinding, "line" | "column" | "path">

/** Takes a finding. */
export type Report = (place: Position, path: string, content: FindingContent) => void

/** What `session.auth` lists, as far as it can be read. */
export interface Listed {
  readonly methods: ReadonlySet<AuthMethod>
  /** some values are not among those of Sage's page */
  readonly foreign: boolean
  /** what such values are probably meant for */
  readonly meantFor: ReadonlySet<AuthMethod>
  /** some values cannot be read */
  readonly open: boolean
}

/** Why nothing is known of `session.auth`, in words that follow "cannot tell: ". */
export interface Undecided {
  readonly why: string
}

const quoted = authMethods.map((method) => `"${method}"`).join(", ")
const unprovenClaim =
  "Some guides say that such a value switches authentication off without a message; no page of Sage's says so, nor what X3 does with it."

const notData = (what: string): FindingContent => ({
  id: "nodelocal.not-data",
  severity: "warning",
  meaning: `This is not readable as data: it is ${what}, and what it comes to is decided when X3 starts.`,
  remedy: "Write the value itself here, as Sage's page does, or check by hand what it comes to on the server.",
  source: nodelocalPage
})

const touchedBy = (place: Position, path: string, report: Report): Undecided => {
  report(place, path, notData("changed by code, here"))
  return { why: "code in the file changes it, which is not run here" }
}

const asObject = (value: Value, path: string, report: Report): Section | Undecided => {
  if (value.kind === "unknown") {
    report(value.place, path, notData(value.what))
    return { why: `${path} is ${value.what}` }
  }
  if (value.kind !== "object") {
    report(value.place, path, {
      id: "nodelocal.not-an-object",
      severity: "error",
      meaning: `\`${path}\` is not an object, so that X3 finds no settings in it.`,
      remedy: `Write \`${path}\` as an object in braces.`,
      source: nodelocalPage
    })
    return { why: `${path} is not an object` }
  }
  return value.touched === undefined ? value : touchedBy(value.touched, path, report)
}

const isSection = (value: Section | Undecided): value is Section => "members" in value

const repeated = (member: Member, path: string, report: Report): void => {
  if (member.replaces === undefined) return
  const twice = member.replaces === "twice"
  report(member.place, path, {
    id: twice ? "nodelocal.key-twice" : "nodelocal.key-replaced",
    severity: twice ? "error" : "warning",
    meaning: `\`${path}\` is set more than once, and only this, the last one, is read: everything in the ones before it is lost.`,
    remedy: "Join them into one.",
    source: language
  })
}

const near = (key: string, known: ReadonlyArray<string>): string | undefined => {
  // the name is shown, and one that goes far beyond the known ones could hold anything
  const meant = /^[\w$-]{1,24}$/.test(key) ? closest(key, known) : undefined
  return meant !== undefined && meant[0]?.toLowerCase() === key[0]?.toLowerCase() ? meant : undefined
}

const misspelt = (member: Member, path: string, meant: string, report: Report): void =>
  report(member.place, path, {
    id: "nodelocal.key-misspelt",
    severity: "warning",
    meaning: `No setting of this name is known; \`${meant}\` is probably meant. X3 does not read a setting under another name, and takes its default.`,
    remedy: `Rename it to \`${meant}\`: names are case-sensitive in JavaScript.`,
    source: configurationPage
  })

const sessionKeys = ["timeout", "checkInterval", "asyncTimeout", "auth", "realm", "authAlwaysLogin"]
/** Other words for `auth`, too far from it to be slips of a hand. */
const otherWords = new Set(["authentication", "authentications", "authenticate", "authmethod", "authmethods"])

/** Whether a name is that of a setting of `session`, or probably meant for one. */
export const isOfSession = (key: string): boolean =>
  otherWords.has(key.toLowerCase()) || sessionKeys.includes(key) || near(key, sessionKeys) !== undefined

/** Whether a name is `session`, or probably meant for it. */
export const isOfConfig = (key: string): boolean => key === "session" || near(key, ["session"]) !== undefined

const number = (
  section: Section,
  key: string,
  limits: { readonly unit: string; readonly small: number; readonly large: number; readonly slip: string },
  report: Report
): void => {
  const path = `session.${key}`
  const value = section.members.get(key)?.value
  if (value === undefined) return
  if (value.kind === "unknown") return report(value.place, path, notData(value.what))
  const name = key === "checkInterval" ? "check-interval" : key === "asyncTimeout" ? "async-timeout" : "timeout"
  const source = key === "timeout" ? configurationPage : template
  if (value.kind !== "number") {
    return report(value.place, path, {
      id: `nodelocal.${name}-not-number`,
      severity: "error",
      meaning: `\`${path}\` is a number of ${limits.unit}, and this is none.`,
      remedy: `Write the number of ${limits.unit} without quotes.`,
      source
    })
  }
  if (!(value.number > 0 && Number.isFinite(value.number))) {
    return report(value.place, path, {
      id: `nodelocal.${name}-not-positive`,
      severity: "error",
      meaning: `\`${path}\` has to be more than zero. What X3 does with this number is not documented.`,
      remedy: `Write a number of ${limits.unit} above zero.`,
      source
    })
  }
  if (value.number > limits.large) {
    report(value.place, path, {
      id: `nodelocal.${name}-large`,
      severity: "warning",
      meaning: `\`${path}\` counts ${limits.unit}, and this is a lot of them. ${limits.slip}`,
      remedy: `Write the number of ${limits.unit} that is meant.`,
      source
    })
  }
  if (value.number < limits.small) {
    report(value.place, path, {
      id: `nodelocal.${name}-small`,
      severity: "warning",
      meaning: `\`${path}\` counts ${limits.unit}, and this is very few of them.`,
      remedy: `Write the number of ${limits.unit} that is meant.`,
      source
    })
  }
}

const realm = (section: Section, report: Report): void => {
  const value = section.members.get("realm")?.value
  if (value === undefined) return
  if (value.kind === "unknown") return report(value.place, "session.realm", notData(value.what))
  // a header cannot carry them inside of quotes as they are
  // oxlint-disable-next-line no-control-regex
  if (value.kind === "text" && value.text !== "" && !/[\u0000-\u001f"\\\u007f]/.test(value.text)) return
  report(value.place, "session.realm", {
    id: "nodelocal.realm-invalid",
    severity: "warning",
    meaning:
      "`session.realm` is a name that X3 sends to those who have to sign in with a user and password. This is no text that a header can carry as it is.",
    remedy: 'Write a text without quotes, backslashes and line breaks, or leave it out for the default, "Syracuse".',
    source: basicPage
  })
}

const authAlwaysLogin = (section: Section, report: Report): void => {
  const path = "session.authAlwaysLogin"
  const value = section.members.get("authAlwaysLogin")?.value
  if (value === undefined) return
  if (value.kind === "unknown") return report(value.place, path, notData(value.what))
  if (value.kind !== "boolean") {
    return report(value.place, path, {
      id: "nodelocal.auth-always-login-not-boolean",
      severity: "warning",
      meaning: "`session.authAlwaysLogin` is true or false. A text counts as true in JavaScript, whatever it says.",
      remedy: "Write true or false without quotes.",
      source: configurationPage
    })
  }
  if (value.boolean) {
    report(value.place, path, {
      id: "nodelocal.auth-always-login",
      severity: "note",
      meaning:
        "Every name is looked up among the logins, one with @ too. Without this setting a name with @ is looked up among the e-mail addresses. This also decides who a client certificate or a user and password belong to.",
      remedy: "Give users and certificates the login as their name, not the e-mail address.",
      source: configurationPage
    })
  }
}

/** One value of `session.auth`: the method that it is; else a finding, and the method that it may be meant for. */
const readMethod = (
  value: Value,
  path: string,
  report: Report
): { readonly method?: AuthMethod; readonly meant?: ReadonlyArray<AuthMethod>; readonly unreadable?: true } => {
  if (value.kind === "unknown") {
    report(value.place, path, notData(value.what))
    return { unreadable: true }
  }
  if (value.kind !== "text") {
    report(value.place, path, {
      id: "nodelocal.auth-not-text",
      severity: "error",
      meaning: `A method of authentication is a text. ${unprovenClaim}`,
      remedy: `Write one of ${quoted}.`,
      source: configurationPage
    })
    return { meant: [] }
  }
  const { text } = value
  if (isAuthMethod(text)) return { method: text }
  const foreign = (id: `nodelocal.${string}`, meaning: string, remedy: string): void =>
    report(value.place, path, {
      id,
      severity: "error",
      meaning: `${meaning} ${unprovenClaim}`,
      remedy,
      source: configurationPage
    })
  const bare = text.trim()
  const small = bare.toLowerCase()
  if (isAuthMethod(bare)) {
    foreign(
      "nodelocal.auth-blanks",
      `There is white space around "${bare}", which makes it another value.`,
      `Write "${bare}".`
    )
    return { meant: [bare] }
  }
  if (isAuthMethod(small)) {
    foreign(
      "nodelocal.auth-case",
      `This is "${small}" in other letters: Sage's page has the values in small ones.`,
      `Write "${small}".`
    )
    return { meant: [small] }
  }
  const parts = [...new Set(small.split(/[\s,;|]+/).filter(isAuthMethod))]
  if (parts.length > 1) {
    const list = parts.map((part) => `"${part}"`).join(", ")
    foreign(
      "nodelocal.auth-several-in-one",
      "Several methods stand in one text, which is then a value of its own.",
      `Write an array: [${list}].`
    )
    return { meant: parts }
  }
  const meant = closest(bare, authMethods) as AuthMethod | undefined
  foreign(
    "nodelocal.auth-unknown",
    bare === "" ? "An empty text is no method of authentication." : "Sage's page has no such method of authentication.",
    meant === undefined ? `Write one of ${quoted}.` : `Write "${meant}", if that is meant; the values are ${quoted}.`
  )
  return { meant: meant === undefined ? [] : [meant] }
}

const readAuth = (
  auth: Exclude<Value, { readonly kind: "unknown" | "nothing" }>,
  report: Report
): Listed | Undecided => {
  const path = "session.auth"
  if (auth.kind === "list" && auth.touched !== undefined) return touchedBy(auth.touched, path, report)
  const methods = new Set<AuthMethod>()
  const meantFor = new Set<AuthMethod>()
  let foreign = false
  let open = false
  const items: List["items"] = auth.kind === "list" ? auth.items : [auth]
  if (auth.kind === "list" && auth.gap !== undefined) {
    report(auth.gap, path, notData("a list from elsewhere"))
    open = true
  }
  const empty = auth.kind === "list" ? items.length === 0 && !open : auth.kind === "text" && auth.text.trim() === ""
  if (empty) {
    report(auth.place, path, {
      id: "nodelocal.auth-empty",
      severity: "error",
      meaning:
        "`session.auth` lists no method of authentication, so that none is open. What X3 does then, no page of Sage's says.",
      remedy: 'List at least one, such as ["basic"], or ["oauth2", "bearer"] for web services with OAuth2.',
      source: configurationPage
    })
    return { methods, foreign, meantFor, open }
  }
  for (const [index, item] of items.entries()) {
    const at = auth.kind === "list" ? `${path}[${index}]` : path
    const { meant, method, unreadable } = readMethod(item, at, report)
    if (unreadable === true) open = true
    else if (method === undefined) {
      foreign = true
      for (const one of meant ?? []) meantFor.add(one)
    } else if (methods.has(method)) {
      report(item.place, at, {
        id: "nodelocal.auth-duplicate",
        severity: "note",
        meaning: `"${method}" is listed twice. The second one changes nothing.`,
        remedy: "Remove one of them.",
        source: configurationPage
      })
    } else methods.add(method)
    if (method === "ldap") {
      report(item.place, at, {
        id: "nodelocal.auth-ldap",
        severity: "note",
        meaning:
          '"ldap" is in the template that X3 comes with and not on Sage\'s list. There "basic" stands for users of the database and of LDAP alike. Whether it does anything beside "basic" is not documented.',
        remedy: 'List "basic" for users of LDAP.',
        source: `${template}; ${configurationPage}`
      })
    }
  }
  return { methods, foreign, meantFor, open }
}

const together = (auth: Value, { meantFor, methods, open }: Listed, report: Report): void => {
  const path = "session.auth"
  const has = (method: AuthMethod): boolean => methods.has(method)
  const mayHave = (method: AuthMethod): boolean => has(method) || open || meantFor.has(method)
  if (has("oauth2") && !mayHave("bearer")) {
    report(auth.place, path, {
      id: "nodelocal.oauth2-without-bearer",
      severity: "warning",
      meaning:
        '"oauth2" is for humans with a browser. Without "bearer" beside it, web services (REST and SOAP) take no OAuth2 access token. Some guides enable them with "oauth2" alone; Sage\'s page calls "bearer" mandatory.',
      remedy: 'Add "bearer", if web services are called with OAuth2.',
      source: oauth2Page
    })
  }
  if (has("bearer") && !mayHave("oauth2")) {
    report(auth.place, path, {
      id: "nodelocal.bearer-without-oauth2",
      severity: "warning",
      meaning:
        '"bearer" is listed without "oauth2". Sage\'s page has the list "at least" as both; whether "bearer" alone works is not documented.',
      remedy: 'Write ["oauth2", "bearer"].',
      source: oauth2Page
    })
  }
  if (has("certificate")) {
    report(auth.place, path, {
      id: "nodelocal.certificate-precedence",
      severity: "note",
      meaning:
        'With "certificate" listed, a port with client authentication takes the caller for the user whose login is the common name of the certificate. A user and password, or a token, sent beside it does not count there. Over other ports it changes nothing. Were it not listed, the certificate would only open the port.',
      remedy: "Send one credential per port: over the port with client authentication the certificate alone.",
      source: configurationPage
    })
  }
  // what "ldap" does without "basic" is not documented
  const webServices: ReadonlyArray<AuthMethod> = ["basic", "bearer", "certificate", "ldap"]
  if (methods.size > 0 && !webServices.some(mayHave)) {
    report(auth.place, path, {
      id: "nodelocal.no-web-service",
      severity: "warning",
      meaning:
        'None of "basic", "bearer" and "certificate" is listed, so that no web service (REST and SOAP) gets in. Connected applications and GraphQL are a way of their own, which does not stand in this file.',
      remedy: 'Add one of them, if web services are called: "bearer" beside "oauth2" for OAuth2.',
      source: `${configurationPage}; ${oauth2Page}`
    })
  }
}

const sageId = (config: Section, auth: Value, report: Report): void => {
  const section = config.members.get("sage_id")?.value
  if (section?.kind === "unknown" || (section === undefined && config.gap !== undefined)) return
  const open = section?.kind === "object" && (section.gap !== undefined || section.touched !== undefined)
  const wanted = ["baseUrl", "pfxFile", "passphrase"]
  const missing =
    section?.kind === "object" && !open ? wanted.filter((key) => !section.members.has(key)) : open ? [] : wanted
  if (missing.length === 0) return
  const absent = section?.kind !== "object"
  report(absent ? auth.place : section.place, absent ? "session.auth" : "sage_id", {
    id: "nodelocal.sage-id-incomplete",
    severity: "error",
    meaning: `"sage-id" is listed, and ${absent ? "there is no section `sage_id`" : "the section `sage_id` is not complete"}: Sage ID does not work without it.`,
    remedy: `Add ${missing.map((key) => `\`${key}\``).join(", ")} in the section \`sage_id\`, or remove "sage-id".`,
    source: configurationPage
  })
}

const session = (section: Section, report: Report): Listed | Undecided => {
  for (const [key, member] of section.members) {
    if (sessionKeys.includes(key)) repeated(member, `session.${key}`, report)
    else {
      const meant = otherWords.has(key.toLowerCase()) ? "auth" : near(key, sessionKeys)
      if (meant !== undefined) misspelt(member, `session.${key}`, `session.${meant}`, report)
    }
  }
  const slip = "Some guides show 600, which is ten hours; seconds are probably meant there."
  number(section, "timeout", { unit: "minutes", small: 5, large: 240, slip }, report)
  number(section, "asyncTimeout", { unit: "minutes", small: 1, large: 1440, slip: "Seconds may be meant." }, report)
  number(
    section,
    "checkInterval",
    { unit: "seconds", small: 1, large: 3600, slip: "Milliseconds may be meant." },
    report
  )
  realm(section, report)
  authAlwaysLogin(section, report)

  const auth = section.members.get("auth")?.value
  if (auth === undefined || auth.kind === "nothing") {
    if (auth === undefined && section.gap !== undefined) {
      report(section.gap, "session", notData("settings from elsewhere"))
      return { why: "`session.auth` may come from elsewhere, which is not read here" }
    }
    report(auth?.place ?? section.place, auth === undefined ? "session" : "session.auth", {
      id: "nodelocal.auth-missing",
      severity: "warning",
      meaning:
        '`session.auth` is not set, so that X3\'s default holds, which is not documented. The template that X3 comes with has "basic".',
      remedy: 'Set `session.auth`, such as to ["oauth2", "bearer"].',
      source: `${nodelocalPage}; ${template}`
    })
    return { why: "`session.auth` is not set, and the default is not documented" }
  }
  if (auth.kind === "unknown") {
    report(auth.place, "session.auth", notData(auth.what))
    return { why: `\`session.auth\` is ${auth.what}` }
  }
  return readAuth(auth, report)
}

/** Checks what is exported as `config`, and says what its `session.auth` lists. */
export const checkExportedConfig = (value: Value, report: Report): Listed | Undecided => {
  const config = asObject(value, "config", report)
  if (!isSection(config)) return config
  for (const [key, member] of config.members) {
    if (key === "session" || key === "sage_id") repeated(member, key, report)
    else if (key === "auth") {
      report(member.place, "auth", {
        id: "nodelocal.auth-misplaced",
        severity: "error",
        meaning: "`auth` stands outside of `session`, where X3 does not read it.",
        remedy: "Move it into `session`.",
        source: configurationPage
      })
    } else {
      const meant = near(key, ["session", "sage_id"])
      if (meant !== undefined) misspelt(member, key, meant, report)
    }
  }
  const found = config.members.get("session")
  if (found === undefined) {
    if (config.gap !== undefined) {
      report(config.gap, "config", notData("settings from elsewhere"))
      return { why: "`session` may come from elsewhere, which is not read here" }
    }
    report(config.place, "", {
      id: "nodelocal.session-missing",
      severity: "warning",
      meaning:
        'There is no section `session`, so that X3\'s defaults hold. Which they are is not documented; the template that X3 comes with has "basic" alone.',
      remedy: 'Add `session: { auth: ["oauth2", "bearer"] }`, with the methods that you want.',
      source: `${nodelocalPage}; ${template}`
    })
    return { why: "there is no section `session`, and the defaults are not documented" }
  }
  const section = asObject(found.value, "session", report)
  if (!isSection(section)) return section
  const listed = session(section, report)
  const auth = section.members.get("auth")?.value
  if ("methods" in listed && auth !== undefined) {
    together(auth, listed, report)
    if (listed.methods.has("sage-id")) sageId(config, auth, report)
  }
  return listed
}
