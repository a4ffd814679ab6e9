import type { AuthMethod } from "./AuthMethod.ts"
import type { NodelocalReport, WayIn } from "./Finding.ts"
import type { Listed, Undecided } from "./rules.ts"

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
          `\`session.auth\` lists "${method}", and a value that is not one of Sage's: some guides say that this switches authentication off, and no page of Sage's says what it does.`
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
        '`session.auth` lists "certificate": browsers with a certificate get in over a port with client authentication, and nobody else.'
      )
    : disabled("`session.auth` lists no method for humans with a browser.")
}

const elsewhere =
  "Connected applications stand in Administration > Administration > Settings > Authentication > Connected applications, not in this file."

/** What a list means for each way in. */
export const waysIn = (listed: Listed | Undecided): WaysIn => {
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
