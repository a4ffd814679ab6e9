import { randomBytes } from "node:crypto"
import { comeBack } from "../oauth/answers.ts"
import type { OAuthClient } from "../oauth/clients.ts"
import { Kept } from "../oauth/kept.ts"
import { deadEnd, languageOf, pageAnswer, words } from "../oauth/pages.ts"
import { formParams, type Params, readBody } from "../oauth/params.ts"
import { type Challenge, challengeOf } from "../oauth/pkce.ts"
import { type AuthorizationRefusal, refusalParams } from "../oauth/refusals.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import { type User, userKey } from "./directory.ts"
import type { Edition } from "./paths.ts"
import type { BusinessCloudState } from "./state.ts"

/** An authorization request that somebody is busy with. */
interface Pending {
  readonly edition: Edition
  readonly client: OAuthClient
  readonly redirectUri: string
  readonly state: string | undefined
  readonly scope: string
  readonly challenge: Challenge | undefined
  readonly locale: string | undefined
  readonly startedAt: number
  country: string | undefined
  /** Who signed in. */
  user: User | undefined
}

/** The authorization requests under way, by the name that the pages carry. */
export type PendingAuthorizations = Kept<Pending>

/** A place for them. */
export const makePending = (): PendingAuthorizations => new Kept(1000)

const pageLife = 30 * 60_000

const scopes: ReadonlySet<string> = new Set(["readonly", "full_access"])

/** What only these pages say. */
const texts = {
  en: {
    country: "Choose your country",
    countryOf: { CA: "Canada", GB: "United Kingdom", IE: "Ireland" } as Readonly<Record<string, string>>,
    title: "Sign in to Sage Business Cloud Accounting (sandbox)",
    asks: (name: string) => `${name} asks for access to your businesses.`,
    allow: (name: string) => `Allow ${name}?`,
    readonly: (name: string) => `${name} will be able to read, and not to change, these businesses:`,
    full: (name: string) => `${name} will be able to read and change these businesses:`
  },
  fr: {
    country: "Choisissez votre pays",
    countryOf: { CA: "Canada", GB: "Royaume-Uni", IE: "Irlande" } as Readonly<Record<string, string>>,
    title: "Se connecter à Sage Business Cloud Comptabilité (sandbox)",
    asks: (name: string) => `${name} demande l'accès à vos entreprises.`,
    allow: (name: string) => `Autoriser ${name} ?`,
    readonly: (name: string) => `${name} pourra lire, sans les modifier, ces entreprises :`,
    full: (name: string) => `${name} pourra lire et modifier ces entreprises :`
  }
}

/** The authorization endpoint: its pages, and the way back to the application. */
export const authorize = (state: BusinessCloudState, request: SurfaceRequest, edition: Edition): SurfaceResponse => {
  if (request.method === "GET") return begin(state, request, edition)
  if (request.method !== "POST") return { status: 405, headers: { allow: "GET, POST" }, body: "" }
  const read = readBody(request.headers["content-type"], request.body, false)
  return read.problem === undefined ? proceed(state, request, read.params) : deadEnd("en", words.en.expired)
}

const begin = (state: BusinessCloudState, request: SurfaceRequest, edition: Edition): SurfaceResponse => {
  const params = formParams(request.query)
  const language = languageOf(params.get("locale"))
  const client = state.directory.clients.get(params.get("client_id") ?? "")
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
  const refused = state.refusals.shift() ?? problemOf(state, params)
  if (refused !== undefined) return comeBack(request, state.options().callbackIssuer, back, refusalParams(refused))
  const challenge = challengeOf(params, true)
  const ticket = randomBytes(16).toString("hex")
  const pending: Pending = {
    ...back,
    edition,
    client,
    scope: params.get("scope") ?? state.options().defaultScope,
    challenge: challenge === "invalid" ? undefined : challenge,
    locale: localeOf(params.get("locale")),
    startedAt: state.clock.now(),
    country: params.get("country")?.toUpperCase(),
    user: undefined
  }
  state.pending.set(ticket, pending)
  return pending.country === undefined
    ? countryPage(state, request, ticket, pending)
    : signInPage(state, request, ticket, pending)
}

const localeOf = (locale: string | undefined): string | undefined =>
  locale !== undefined && /^[a-z]{2}(?:-[A-Za-z]{2})?$/.test(locale) ? locale : undefined

const problemOf = (state: BusinessCloudState, params: Params): AuthorizationRefusal | undefined => {
  const invalid = { error: "invalid_request" }
  if (params.repeated !== undefined) return invalid
  const responseType = params.get("response_type")
  if (responseType === undefined) return invalid
  if (responseType !== "code") return { error: "unsupported_response_type" }
  const scope = params.get("scope")
  if (scope !== undefined && !scopes.has(scope)) return { error: "invalid_scope" }
  const country = params.get("country")?.toUpperCase()
  if (country !== undefined && !state.options().countries.includes(country)) return invalid
  return challengeOf(params, true) === "invalid" ? invalid : undefined
}

const countryPage = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  ticket: string,
  pending: Pending
): SurfaceResponse => {
  const language = languageOf(pending.locale)
  return pageAnswer({
    language,
    locale: pending.locale,
    title: texts[language].country,
    paragraphs: [texts[language].asks(pending.client.name)],
    form: {
      action: request.path,
      hidden: { transaction: ticket },
      fields: [],
      buttons: state.options().countries.map((country) => ({
        label: texts[language].countryOf[country] ?? country,
        name: "country",
        value: country
      }))
    }
  })
}

const signInPage = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  ticket: string,
  pending: Pending,
  alert?: string,
  email?: string
): SurfaceResponse => {
  const language = languageOf(pending.locale)
  const users = state.options().signInButtons ? [...state.directory.users.values()] : []
  return pageAnswer({
    language,
    locale: pending.locale,
    title: texts[language].title,
    paragraphs: [texts[language].asks(pending.client.name)],
    alert,
    form: {
      action: request.path,
      hidden: { transaction: ticket },
      fields: [
        { name: "email", label: words[language].email, type: "email", autocomplete: "username", value: email },
        { name: "password", label: words[language].password, type: "password", autocomplete: "current-password" }
      ],
      buttons: [
        { label: words[language].signIn },
        ...users
          .filter(({ country }) => country === pending.country)
          .map((user) => ({
            label: words[language].signInAs(user.email),
            name: "user",
            value: user.email,
            skipsFields: true
          }))
      ]
    }
  })
}

const proceed = (state: BusinessCloudState, request: SurfaceRequest, params: Params): SurfaceResponse => {
  const ticket = params.get("transaction") ?? ""
  const pending = state.pending.get(ticket)
  if (pending === undefined || state.clock.now() - pending.startedAt > pageLife) return deadEnd("en", words.en.expired)
  if (pending.country === undefined) {
    const country = params.get("country")?.toUpperCase()
    if (country === undefined || !state.options().countries.includes(country)) {
      return countryPage(state, request, ticket, pending)
    }
    pending.country = country
    return signInPage(state, request, ticket, pending)
  }
  if (pending.user === undefined) return signIn(state, request, ticket, pending, params)
  const decision = params.get("decision")
  if (decision !== "allow" && decision !== "deny") return consentPage(request, ticket, pending, pending.user)
  state.pending.delete(ticket)
  if (decision === "deny")
    return comeBack(request, state.options().callbackIssuer, pending, refusalParams({ error: "access_denied" }))
  const { edition, client, redirectUri, scope, challenge, country, user } = pending
  const code = state.grants.issueCode({ edition, client, redirectUri, scope, challenge, country, user })
  return comeBack(request, state.options().callbackIssuer, pending, {
    code,
    country: edition === "v3.1" ? country : country.toLowerCase()
  })
}

const signIn = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  ticket: string,
  pending: Pending,
  params: Params
): SurfaceResponse => {
  const clicked = state.options().signInButtons ? params.get("user") : undefined
  const email = clicked ?? params.get("email") ?? ""
  const user = state.directory.users.get(userKey(email))
  if (user === undefined || (clicked === undefined && user.password !== params.get("password"))) {
    return signInPage(state, request, ticket, pending, words[languageOf(pending.locale)].wrongLogin, email)
  }
  if (user.country !== pending.country) {
    state.pending.delete(ticket)
    return comeBack(request, state.options().callbackIssuer, pending, refusalParams(state.options().wrongCountry))
  }
  pending.user = user
  return consentPage(request, ticket, pending, user)
}

const consentPage = (request: SurfaceRequest, ticket: string, pending: Pending, user: User): SurfaceResponse => {
  const language = languageOf(pending.locale)
  const { name } = pending.client
  const text = texts[language]
  return pageAnswer({
    language,
    locale: pending.locale,
    title: text.allow(name),
    paragraphs: [pending.scope === "readonly" ? text.readonly(name) : text.full(name)],
    list: user.businesses.map((business) => business.name),
    form: {
      action: request.path,
      hidden: { transaction: ticket },
      fields: [],
      buttons: [
        { label: words[language].allow, name: "decision", value: "allow" },
        { label: words[language].deny, name: "decision", value: "deny" }
      ]
    }
  })
}
