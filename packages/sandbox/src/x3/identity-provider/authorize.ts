import { comeBack, type WayBack } from "../../oauth/answers.ts"
import {
  authorizationEndpoint,
  type AuthorizationRefusal,
  codeRequestProblem,
  invalidRequest,
  refusalParams,
  whoAsks
} from "../../oauth/authorizationRequests.ts"
import type { OAuthClient } from "../../oauth/clients.ts"
import { deadEnd, languageOf, pageAnswer, words } from "../../oauth/pages.ts"
import type { Params } from "../../oauth/params.ts"
import { type Challenge, challengeOf } from "../../oauth/pkce.ts"
import type { SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import { userKey } from "./grants.ts"
import { issuerOf } from "./paths.ts"
import type { IdentityProviderState, PendingAuthorization } from "./state.ts"

/** What can be asked for. */
export const scopes: ReadonlySet<string> = new Set(["openid", "email", "profile", "offline_access"])

/** The scope of a request; undefined when it asks for something unknown. */
export const scopeOf = (params: Params): ReadonlyArray<string> | undefined => {
  const asked = [...new Set((params.get("scope") ?? "").split(" ").filter((each) => each !== ""))]
  return asked.every((each) => scopes.has(each)) ? asked : undefined
}

const texts = {
  en: {
    title: "Sign in to Acme's identity provider (sandbox)",
    asks: (name: string) => `${name} asks to act for you in Sage X3. It asks for:`,
    nothing: (name: string) => `${name} asks to act for you in Sage X3.`,
    shares: {
      openid: "a proof that it is you",
      email: "your e-mail address",
      profile: "your name",
      offline_access: "access while you are away"
    } as Readonly<Record<string, string>>
  },
  fr: {
    title: "Se connecter au fournisseur d'identité d'Acme (sandbox)",
    asks: (name: string) => `${name} demande à agir pour vous dans Sage X3. Cette application demande :`,
    nothing: (name: string) => `${name} demande à agir pour vous dans Sage X3.`,
    shares: {
      openid: "la preuve que c'est bien vous",
      email: "votre adresse e-mail",
      profile: "votre nom",
      offline_access: "un accès en votre absence"
    } as Readonly<Record<string, string>>
  }
}

/** The authorization endpoint: its one page, and the way back to the application. */
export const authorize = (state: IdentityProviderState, request: SurfaceRequest): SurfaceResponse =>
  authorizationEndpoint(
    request,
    (params) => begin(state, request, params),
    (params) => proceed(state, request, params)
  )

const begin = (state: IdentityProviderState, request: SurfaceRequest, params: Params): SurfaceResponse => {
  const locale = params.get("ui_locales")?.split(" ", 1)[0]
  const client = state.clients.get(params.get("client_id") ?? "")
  const asking = whoAsks(params, client, state.options().redirectUris)
  if (typeof asking === "string") return deadEnd(languageOf(locale), asking)
  const challenge = challengeOf(params, false)
  const scope = scopeOf(params)
  const refused = state.refusals.shift() ?? problemOf(state, params, asking.client, challenge, scope)
  if (refused !== undefined) return leave(state, request, asking, refusalParams(refused))
  const pending: PendingAuthorization = {
    ...asking,
    scope: scope ?? [],
    nonce: params.get("nonce"),
    challenge: challenge === "invalid" ? undefined : challenge,
    locale
  }
  return page(state, request, state.pending.begin(pending), pending)
}

const problemOf = (
  state: IdentityProviderState,
  params: Params,
  client: OAuthClient,
  challenge: Challenge | "invalid" | undefined,
  scope: ReadonlyArray<string> | undefined
): AuthorizationRefusal | undefined => {
  const problem = codeRequestProblem(params)
  if (problem !== undefined) return problem
  if (scope === undefined) return { error: "invalid_scope", error_description: `Known are ${[...scopes].join(", ")}` }
  if (challenge === "invalid") return invalidRequest("code_challenge must be one of method S256")
  const pkce = client.secret === undefined || state.options().pkceRequired
  return challenge === undefined && pkce ? invalidRequest("code_challenge is missing") : undefined
}

const page = (
  state: IdentityProviderState,
  request: SurfaceRequest,
  ticket: string,
  pending: PendingAuthorization,
  alert?: string,
  email?: string
): SurfaceResponse => {
  const language = languageOf(pending.locale)
  const text = texts[language]
  const { name } = pending.client
  const users = state.options().signInButtons ? [...state.users.values()] : []
  return pageAnswer({
    language,
    title: text.title,
    paragraphs: [pending.scope.length === 0 ? text.nothing(name) : text.asks(name)],
    list: pending.scope.map((each) => text.shares[each] ?? each),
    alert,
    form: {
      action: request.path,
      hidden: { transaction: ticket },
      fields: [
        { name: "email", label: words[language].email, type: "email", autocomplete: "username", value: email },
        { name: "password", label: words[language].password, type: "password", autocomplete: "current-password" }
      ],
      buttons: [
        { label: words[language].allow, name: "decision", value: "allow" },
        { label: words[language].deny, name: "decision", value: "deny", skipsFields: true }
      ],
      quick: users.map((user) => ({
        label: words[language].allowAs(user.email),
        name: "user",
        value: user.email,
        note: user.name
      }))
    }
  })
}

const proceed = (state: IdentityProviderState, request: SurfaceRequest, params: Params): SurfaceResponse => {
  const ticket = params.get("transaction") ?? ""
  const pending = state.pending.find(ticket)
  if (pending === undefined) return deadEnd("en", words.en.expired)
  const decision = params.get("decision")
  if (decision === "deny") {
    state.pending.end(ticket)
    return leave(state, request, pending, refusalParams({ error: "access_denied" }))
  }
  const clicked = state.options().signInButtons ? params.get("user") : undefined
  const email = clicked ?? params.get("email") ?? ""
  const user = state.users.get(userKey(email))
  const known = clicked !== undefined || (decision === "allow" && user?.password === params.get("password"))
  if (user === undefined || !known) {
    return page(state, request, ticket, pending, words[languageOf(pending.locale)].wrongLogin, email)
  }
  state.pending.end(ticket)
  const { client, redirectUri, scope, challenge, nonce } = pending
  const code = state.grants.issueCode({ client, redirectUri, scope, challenge, nonce, user, issuer: issuerOf(request) })
  return leave(state, request, pending, { code })
}

/** Sends the browser back. */
const leave = (
  state: IdentityProviderState,
  request: SurfaceRequest,
  to: WayBack,
  params: Readonly<Record<string, string | undefined>>
): SurfaceResponse => comeBack(state.options().callbackIssuer ? issuerOf(request) : undefined, to, params)
