import { randomBytes } from "node:crypto"
import { redirect, withQuery } from "../../oauth/answers.ts"
import type { OAuthClient } from "../../oauth/clients.ts"
import { Kept } from "../../oauth/kept.ts"
import { deadEnd, languageOf, pageAnswer, words } from "../../oauth/pages.ts"
import { formParams, type Params, readBody } from "../../oauth/params.ts"
import { type Challenge, challengeOf } from "../../oauth/pkce.ts"
import { type AuthorizationRefusal, refusalParams } from "../../oauth/refusals.ts"
import type { SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import { issuerOf } from "./paths.ts"
import { type IdentityProviderState, userKey } from "./state.ts"

/** An authorization request that somebody is busy with. */
interface Pending {
  readonly client: OAuthClient
  readonly redirectUri: string
  readonly state: string | undefined
  readonly scope: ReadonlyArray<string>
  readonly nonce: string | undefined
  readonly challenge: Challenge | undefined
  readonly locale: string | undefined
  readonly startedAt: number
}

/** The authorization requests under way, by the name that the page carries. */
export type PendingAuthorizations = Kept<Pending>

/** A place for them. */
export const makePending = (): PendingAuthorizations => new Kept(1000)

const pageLife = 30 * 60_000

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
    asks: (name: string) => `${name} asks to act for you in Sage X3. It will learn:`,
    nothing: (name: string) => `${name} asks to act for you in Sage X3.`,
    shares: {
      openid: "that it is you",
      email: "your e-mail address",
      profile: "your name",
      offline_access: "this while you are away, too"
    } as Readonly<Record<string, string>>
  },
  fr: {
    title: "Se connecter au fournisseur d'identité d'Acme (sandbox)",
    asks: (name: string) => `${name} demande à agir pour vous dans Sage X3. Cette application connaîtra :`,
    nothing: (name: string) => `${name} demande à agir pour vous dans Sage X3.`,
    shares: {
      openid: "que c'est bien vous",
      email: "votre adresse e-mail",
      profile: "votre nom",
      offline_access: "ces informations, même en votre absence"
    } as Readonly<Record<string, string>>
  }
}

/** The authorization endpoint: its one page, and the way back to the application. */
export const authorize = (state: IdentityProviderState, request: SurfaceRequest): SurfaceResponse => {
  if (request.method === "GET") return begin(state, request)
  if (request.method !== "POST") return { status: 405, headers: { allow: "GET, POST" }, body: "" }
  const read = readBody(request.headers["content-type"], request.body, false)
  return read.problem === undefined ? proceed(state, request, read.params) : deadEnd("en", words.en.expired)
}

const begin = (state: IdentityProviderState, request: SurfaceRequest): SurfaceResponse => {
  const params = formParams(request.query)
  const locale = params.get("ui_locales")?.split(" ", 1)[0]
  const language = languageOf(locale)
  const client = state.clients.get(params.get("client_id") ?? "")
  if (client === undefined || params.count("client_id") > 1) {
    return deadEnd(language, "unauthorized_client: client_id is missing, wrong or there twice.")
  }
  const redirectUri = params.get("redirect_uri")
  const registered =
    redirectUri !== undefined &&
    params.count("redirect_uri") === 1 &&
    (client.redirectUris.has(redirectUri) || state.options().redirectUris.includes(redirectUri))
  if (!registered) {
    return deadEnd(
      language,
      "invalid_request: redirect_uri is not, letter by letter, one that the application registered."
    )
  }
  const back = { redirectUri, state: params.get("state") }
  const challenge = challengeOf(params, false)
  const scope = scopeOf(params)
  const refused = state.refusals.shift() ?? problemOf(state, params, client, challenge, scope)
  if (refused !== undefined) return leave(state, request, back, refusalParams(refused))
  const ticket = randomBytes(16).toString("hex")
  const pending: Pending = {
    ...back,
    client,
    scope: scope ?? [],
    nonce: params.get("nonce"),
    challenge: challenge === "invalid" ? undefined : challenge,
    locale,
    startedAt: state.clock.now()
  }
  state.pending.set(ticket, pending)
  return page(state, request, ticket, pending)
}

const invalid = (error_description: string): AuthorizationRefusal => ({ error: "invalid_request", error_description })

const problemOf = (
  state: IdentityProviderState,
  params: Params,
  client: OAuthClient,
  challenge: Challenge | "invalid" | undefined,
  scope: ReadonlyArray<string> | undefined
): AuthorizationRefusal | undefined => {
  if (params.repeated !== undefined) return invalid("A parameter was sent twice")
  const responseType = params.get("response_type")
  if (responseType === undefined) return invalid("response_type is missing")
  if (responseType !== "code") return { error: "unsupported_response_type" }
  if (scope === undefined) return { error: "invalid_scope", error_description: `Known are ${[...scopes].join(", ")}` }
  if (challenge === "invalid") return invalid("code_challenge must be one of method S256")
  const pkce = client.secret === undefined || state.options().pkceRequired
  return challenge === undefined && pkce ? invalid("code_challenge is missing") : undefined
}

const page = (
  state: IdentityProviderState,
  request: SurfaceRequest,
  ticket: string,
  pending: Pending,
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
        { label: words[language].deny, name: "decision", value: "deny", skipsFields: true },
        ...users.map((user) => ({
          label: words[language].allowAs(user.email),
          name: "user",
          value: user.email,
          skipsFields: true
        }))
      ]
    }
  })
}

const proceed = (state: IdentityProviderState, request: SurfaceRequest, params: Params): SurfaceResponse => {
  const ticket = params.get("transaction") ?? ""
  const pending = state.pending.get(ticket)
  if (pending === undefined || state.clock.now() - pending.startedAt > pageLife) return deadEnd("en", words.en.expired)
  const decision = params.get("decision")
  if (decision === "deny") {
    state.pending.delete(ticket)
    return leave(state, request, pending, refusalParams({ error: "access_denied" }))
  }
  const clicked = state.options().signInButtons ? params.get("user") : undefined
  const email = clicked ?? params.get("email") ?? ""
  const user = state.users.get(userKey(email))
  const known = clicked !== undefined || (decision === "allow" && user?.password === params.get("password"))
  if (user === undefined || !known) {
    return page(state, request, ticket, pending, words[languageOf(pending.locale)].wrongLogin, email)
  }
  state.pending.delete(ticket)
  const { client, redirectUri, scope, challenge, nonce } = pending
  const code = state.grants.issueCode({ client, redirectUri, scope, challenge, nonce, user, issuer: issuerOf(request) })
  return leave(state, request, pending, { code })
}

/** Sends the browser back; `iss` names this server (RFC 9207), whose issuer has a path. */
const leave = (
  state: IdentityProviderState,
  request: SurfaceRequest,
  to: { readonly redirectUri: string; readonly state: string | undefined },
  params: Readonly<Record<string, string | undefined>>
): SurfaceResponse =>
  redirect(
    withQuery(to.redirectUri, {
      ...params,
      state: to.state,
      iss: state.options().callbackIssuer ? issuerOf(request) : undefined
    })
  )
