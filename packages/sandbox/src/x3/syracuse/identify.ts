import { toMilliseconds } from "../../clock.ts"
import { EarlyAnswer, redirect } from "../../oauth/answers.ts"
import { formParams } from "../../oauth/params.ts"
import type { Authentication, SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import { logins } from "./accounts.ts"
import { text } from "./answers.ts"
import { checkToken, type SyracuseState, type TokenOwner } from "./state.ts"
import { enabledMethods, type Method } from "./options.ts"
import { paths } from "./paths.ts"
import type { X3User } from "./users.ts"

/** What a request is for, which says what else identifies its user: a cookie on `/sdata`, a JWT with GraphQL. */
export type Purpose = "api1" | "sdata" | "soap" | "graphql"

const online: ReadonlySet<Method> = new Set(["oauth2", "bearer"])

/** The ways in that are open on the port of a request. */
export const methodsOf = (state: SyracuseState, request: SurfaceRequest): ReadonlySet<Method> =>
  request.listener === "online" ? online : enabledMethods(state.options())

/** The login that a client certificate gives, whatever else the request brings. */
const certificateLogin = (state: SyracuseState, request: SurfaceRequest): string | undefined =>
  methodsOf(state, request).has("certificate") || state.options().reading === "card" ? request.commonName : undefined

/** The login that a token without a user acts as. */
const loginOfClients = (state: SyracuseState): string | null => {
  const { clientCredentialsUser, reading } = state.options()
  if (clientCredentialsUser !== undefined) return clientCredentialsUser
  return reading === "card" ? logins.basic.user : null
}

const credentialsOf = (request: SurfaceRequest, scheme: string): string | undefined => {
  const [given = "", value] = (request.headers["authorization"] ?? "").trim().split(/ +/)
  return given.toLowerCase() === scheme ? (value ?? "") : undefined
}

/** What a request proves itself with, right or wrong. */
export const presented = (
  state: SyracuseState,
  request: SurfaceRequest,
  purpose: Purpose
): Authentication | undefined => {
  if (certificateLogin(state, request) !== undefined) return "certificate"
  if (credentialsOf(request, "basic") !== undefined) return "basic"
  if (credentialsOf(request, "bearer") !== undefined) return "bearer"
  return purpose === "sdata" && sessionIdOf(request) !== undefined ? "session" : undefined
}

/** The session cookie of a request. */
export const sessionIdOf = (request: SurfaceRequest): string | undefined => {
  const name = `syracuse.sid.${request.port}=`
  const cookie = (request.headers["cookie"] ?? "").split(/; */).find((each) => each.startsWith(name))
  return cookie?.slice(name.length)
}

/** How long an interactive session lives without use, in milliseconds. */
export const sessionLife = (state: SyracuseState): number => state.options().session.timeout * 60_000

/**
 * Finds out who a request is from.
 *
 * @throws `EarlyAnswer` when it is from no known user
 */
export const identify = (state: SyracuseState, request: SurfaceRequest, purpose: Purpose): X3User => {
  const commonName = certificateLogin(state, request)
  if (commonName !== undefined) {
    const user = state.users.loggingIn(commonName, {
      alwaysLogin: state.options().session.authAlwaysLogin,
      caseSensitive: true
    })
    if (user === undefined) throw new EarlyAnswer(failed(state, request))
    return user
  }
  const basic = credentialsOf(request, "basic")
  if (basic !== undefined) return basicUser(state, request, basic)
  const bearer = credentialsOf(request, "bearer")
  if (bearer !== undefined) return bearerUser(state, request, purpose, bearer)
  if (purpose === "sdata") {
    const user = state.sessions.use(sessionIdOf(request) ?? "", sessionLife(state))
    if (user !== undefined) return user
  }
  throw new EarlyAnswer(isBrowser(request) ? redirect(paths.loginPage) : failed(state, request))
}

/** The user behind user and password; undefined when they are no such pair, or the ways in are closed to it. */
export const passwordUser = (
  state: SyracuseState,
  methods: ReadonlySet<Method>,
  login: string,
  password: string
): X3User | undefined => {
  const user = state.users.loggingIn(login, {
    alwaysLogin: state.options().session.authAlwaysLogin,
    caseSensitive: false
  })
  if (user === undefined || user.password === undefined || user.password !== password) return undefined
  switch (user.method) {
    case "Standard":
    case "DB":
      return methods.has("basic") ? user : undefined
    case "LDAP":
      return methods.has("basic") || methods.has("ldap") ? user : undefined
    case "OAuth2":
    case "SAML2":
      return undefined
  }
}

const basicUser = (state: SyracuseState, request: SurfaceRequest, encoded: string): X3User => {
  const decoded = Buffer.from(encoded, "base64").toString("utf8")
  const colon = decoded.indexOf(":")
  const user =
    colon < 0
      ? undefined
      : passwordUser(state, methodsOf(state, request), decoded.slice(0, colon), decoded.slice(colon + 1))
  if (user === undefined) throw new EarlyAnswer(failed(state, request))
  return user
}

const bearerUser = (state: SyracuseState, request: SurfaceRequest, purpose: Purpose, token: string): X3User => {
  if (purpose === "graphql" || state.options().connectedAppsOnWebServices) {
    const checked = checkToken(token, state.apps, state.options(), state.clock.now())
    if (typeof checked === "string") {
      const user = state.users.get(checked)
      if (user?.active !== true) throw new EarlyAnswer(invalidToken(42))
      return user
    }
    if (purpose === "graphql") throw new EarlyAnswer(invalidToken(checked))
  }
  const owner = methodsOf(state, request).has("bearer") ? ownerOf(state, token) : undefined
  if (owner === undefined) throw new EarlyAnswer(invalidToken(30))
  const user =
    owner.email === undefined ? state.users.get(loginOfClients(state) ?? "") : state.users.byEmail(owner.email)
  if (user?.active !== true) throw new EarlyAnswer(invalidToken(30))
  return user
}

/** Whom an access token stands for, by what the identity provider says, or said not long ago. */
const ownerOf = (state: SyracuseState, token: string): TokenOwner | undefined => {
  const now = state.clock.now()
  const known = state.tokenOwners.get(token)
  const kept = toMilliseconds(state.options().tokenOwnerKept, "tokenOwnerKept")
  if (known !== undefined && now < known.askedAt + kept) return known.owner
  const owner = state.whoIs(token)
  if (owner !== undefined) state.tokenOwners.set(token, { owner, askedAt: now })
  return owner
}

const invalidToken = (error: number): SurfaceResponse => text(401, `Error ${error}: Invalid token`)

const isBrowser = (request: SurfaceRequest): boolean =>
  request.method === "GET" && (request.headers["accept"] ?? "").toLowerCase().includes("text/html")

/** No known user; with a challenge where user and password would do. */
const failed = (state: SyracuseState, request: SurfaceRequest): SurfaceResponse => {
  const challenged = methodsOf(state, request).has("basic")
  return text(
    401,
    "Authentication failed...",
    challenged ? { "www-authenticate": `Basic realm="${quoted(state.options().session.realm)}"` } : {}
  )
}

// RFC 9110, section 5.6.4; a header has room for Latin-1 alone, and for no control characters.
const quoted = (realm: string): string =>
  realm.replace(/[^\t\u0020-\u007E\u00A0-\u00FF]/g, "?").replace(/["\\]/g, String.raw`\$&`)

/** The login and password of a login form. */
export const formCredentials = (request: SurfaceRequest): { readonly login: string; readonly password: string } => {
  const params = formParams(request.body)
  return { login: params.get("login") ?? "", password: params.get("password") ?? "" }
}
