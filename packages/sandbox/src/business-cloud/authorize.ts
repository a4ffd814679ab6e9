import { comeBack, type WayBack } from "../oauth/answers.ts"
import {
  authorizationEndpoint,
  type AuthorizationRefusal,
  codeRequestProblem,
  refusalParams,
  whoAsks
} from "../oauth/authorizationRequests.ts"
import { deadEnd, languageOf, pageAnswer, words } from "../oauth/pages.ts"
import type { Params } from "../oauth/params.ts"
import { challengeOf } from "../oauth/pkce.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import { type User, userKey } from "./directory.ts"
import type { Edition } from "./paths.ts"
import type { BusinessCloudState, PendingAuthorization } from "./state.ts"

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
export const authorize = (state: BusinessCloudState, request: SurfaceRequest, edition: Edition): SurfaceResponse =>
  authorizationEndpoint(
    request,
    (params) => begin(state, request, params, edition),
    (params) => proceed(state, request, params)
  )

const begin = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  params: Params,
  edition: Edition
): SurfaceResponse => {
  const language = languageOf(params.get("locale"))
  const client = state.directory.clients.get(params.get("client_id") ?? "")
  const asking = whoAsks(params, client, state.options().redirectUris)
  if (typeof asking === "string") return deadEnd(language, asking)
  const refused = state.refusals.shift() ?? problemOf(state, params)
  if (refused !== undefined) return leave(state, request, asking, refusalParams(refused))
  const challenge = challengeOf(params, true)
  const pending: PendingAuthorization = {
    ...asking,
    edition,
    scope: params.get("scope") ?? state.options().defaultScope,
    challenge: challenge === "invalid" ? undefined : challenge,
    locale: localeOf(params.get("locale")),
    country: params.get("country")?.toUpperCase(),
    user: undefined
  }
  const ticket = state.pending.begin(pending)
  return pending.country === undefined
    ? countryPage(state, request, ticket, pending)
    : signInPage(state, request, ticket, pending)
}

/** Sends the browser back. */
const leave = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  to: WayBack,
  params: Readonly<Record<string, string | undefined>>
): SurfaceResponse => comeBack(state.options().callbackIssuer ? `http://${request.host}` : undefined, to, params)

const localeOf = (locale: string | undefined): string | undefined =>
  locale !== undefined && /^[a-z]{2}(?:-[A-Za-z]{2})?$/.test(locale) ? locale : undefined

const problemOf = (state: BusinessCloudState, params: Params): AuthorizationRefusal | undefined => {
  const invalid = { error: "invalid_request" }
  const problem = codeRequestProblem(params)
  if (problem !== undefined) return { error: problem.error }
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
  pending: PendingAuthorization
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
  pending: PendingAuthorization,
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
      quick: users
        .filter(({ country }) => country === pending.country)
        .map((user) => ({
          label: words[language].signInAs(user.email),
          name: "user",
          value: user.email,
          note: user.businesses.map((business) => business.name).join(", ")
        })),
      buttons: [{ label: words[language].signIn }]
    }
  })
}

const proceed = (state: BusinessCloudState, request: SurfaceRequest, params: Params): SurfaceResponse => {
  const ticket = params.get("transaction") ?? ""
  const pending = state.pending.find(ticket)
  if (pending === undefined) return deadEnd("en", words.en.expired)
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
  state.pending.end(ticket)
  if (decision === "deny") return leave(state, request, pending, refusalParams({ error: "access_denied" }))
  const { edition, client, redirectUri, scope, challenge, country, user } = pending
  const code = state.grants.issueCode({ edition, client, redirectUri, scope, challenge, country, user })
  return leave(state, request, pending, {
    code,
    country: edition === "v3.1" ? country : country.toLowerCase()
  })
}

const signIn = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  ticket: string,
  pending: PendingAuthorization,
  params: Params
): SurfaceResponse => {
  const clicked = state.options().signInButtons ? params.get("user") : undefined
  const email = clicked ?? params.get("email") ?? ""
  const user = state.directory.users.get(userKey(email))
  if (user === undefined || (clicked === undefined && user.password !== params.get("password"))) {
    return signInPage(state, request, ticket, pending, words[languageOf(pending.locale)].wrongLogin, email)
  }
  if (user.country !== pending.country) {
    state.pending.end(ticket)
    return leave(state, request, pending, refusalParams(state.options().wrongCountry))
  }
  pending.user = user
  return consentPage(request, ticket, pending, user)
}

const consentPage = (
  request: SurfaceRequest,
  ticket: string,
  pending: PendingAuthorization,
  user: User
): SurfaceResponse => {
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
