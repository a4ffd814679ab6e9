import { randomBytes } from "node:crypto"
import type { Company, User } from "../intacct-xml/companies.ts"
import { comeBack } from "../oauth/answers.ts"
import type { OAuthClient } from "../oauth/clients.ts"
import { Kept } from "../oauth/kept.ts"
import { type Button, deadEnd, pageAnswer, words } from "../oauth/pages.ts"
import { type Params, readBody } from "../oauth/params.ts"
import { type Challenge, challengeOf } from "../oauth/pkce.ts"
import { type AuthorizationRefusal, refusalParams } from "../oauth/refusals.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import { accounts } from "./accounts.ts"
import { senderOf } from "./directory.ts"
import { queryOf, type RestState } from "./state.ts"

/** An authorization request that somebody is busy with. */
interface Pending {
  readonly client: OAuthClient
  readonly redirectUri: string
  readonly state: string | undefined
  readonly scope: string
  readonly challenge: Challenge | undefined
  readonly startedAt: number
  /** Who signed in. */
  subject: { readonly company: Company; readonly user: User } | undefined
}

/** The authorization requests under way, by the name that the pages carry. */
export type PendingAuthorizations = Kept<Pending>

/** A place for them. */
export const makePending = (): PendingAuthorizations => new Kept(1000)

const pageLife = 30 * 60_000

const text = words.en

/** The authorization endpoint: its pages, and the way back to the application. */
export const authorize = (state: RestState, request: SurfaceRequest): SurfaceResponse => {
  if (request.method === "GET") return begin(state, request)
  if (request.method !== "POST") {
    return { status: 405, headers: { allow: "GET, POST" }, body: "" }
  }
  const read = readBody(request.headers["content-type"], request.body, false)
  return read.problem === undefined ? proceed(state, request, read.params) : deadEnd("en", text.expired)
}

const begin = (state: RestState, request: SurfaceRequest): SurfaceResponse => {
  const params = queryOf(request)
  const clientId = params.get("client_id")
  const client = clientId === undefined ? undefined : state.clients.find(clientId)
  if (client === undefined || params.count("client_id") > 1) {
    return deadEnd("en", "The application is not known: client_id is missing, wrong or there twice.")
  }
  const redirectUri = params.get("redirect_uri")
  const registered =
    redirectUri !== undefined &&
    params.count("redirect_uri") === 1 &&
    (client.redirectUris.has(redirectUri) || state.options().redirectUris.includes(redirectUri))
  if (!registered) return deadEnd("en", "redirect_uri is not, letter by letter, one that the application registered.")
  const back = { client, redirectUri, state: params.get("state") }
  const refused = state.refusals.shift() ?? problemOf(params, client)
  if (refused !== undefined) return refuse(state, request, back, refused)
  const challenge = challengeOf(params, false)
  const ticket = randomBytes(16).toString("hex")
  state.pending.set(ticket, {
    ...back,
    scope: params.get("scope") ?? "",
    challenge: challenge === "invalid" ? undefined : challenge,
    startedAt: state.xml.clock.now(),
    subject: undefined
  })
  return signInPage(state, request, ticket, client, undefined)
}

const invalid = (error_description: string): AuthorizationRefusal => ({ error: "invalid_request", error_description })

const problemOf = (params: Params, client: OAuthClient): AuthorizationRefusal | undefined => {
  if (params.repeated !== undefined) return invalid("A parameter was sent twice")
  const responseType = params.get("response_type")
  if (responseType === undefined) return invalid("response_type is missing")
  if (responseType !== "code") return { error: "unsupported_response_type" }
  const challenge = challengeOf(params, false)
  if (challenge === "invalid") return invalid("code_challenge must be that of S256, with code_challenge_method=S256")
  if (challenge === undefined && client.secret === undefined) return invalid("code_challenge is missing")
  return undefined
}

const refuse = (
  state: RestState,
  request: SurfaceRequest,
  to: Pick<Pending, "redirectUri" | "state">,
  refusal: AuthorizationRefusal
): SurfaceResponse => comeBack(request, state.options().callbackIssuer, to, refusalParams(refusal))

/** Somebody of a company whose sender is authorised, as the value of a button. */
const buttonsOf = (state: RestState, client: OAuthClient): ReadonlyArray<Button> =>
  !state.options().signInButtons
    ? []
    : [accounts.user, accounts.second]
        .filter(({ companyId }) => state.xml.directory.company(companyId)?.senders.has(senderOf(client)) === true)
        .map(({ username }) => ({
          label: text.signInAs(username),
          name: "username",
          value: username,
          skipsFields: true
        }))

const signInPage = (
  state: RestState,
  request: SurfaceRequest,
  ticket: string,
  client: OAuthClient,
  alert: string | undefined,
  given?: Params
): SurfaceResponse =>
  pageAnswer({
    language: "en",
    title: "Sign in to Sage Intacct (sandbox)",
    paragraphs: [`${client.name} asks for access to your company.`],
    alert,
    form: {
      action: request.path,
      hidden: { transaction: ticket },
      fields: [
        {
          name: "company",
          label: text.company,
          type: "text",
          autocomplete: "organization",
          value: given?.get("company")
        },
        { name: "user", label: text.user, type: "text", autocomplete: "username", value: given?.get("user") },
        { name: "password", label: text.password, type: "password", autocomplete: "current-password" }
      ],
      buttons: [{ label: text.signIn }, ...buttonsOf(state, client)]
    }
  })

const proceed = (state: RestState, request: SurfaceRequest, params: Params): SurfaceResponse => {
  const ticket = params.get("transaction") ?? ""
  const pending = state.pending.get(ticket)
  if (pending === undefined || state.xml.clock.now() - pending.startedAt > pageLife) return deadEnd("en", text.expired)
  if (pending.subject === undefined) return signIn(state, request, ticket, pending, params)
  const decision = params.get("decision")
  if (decision !== "allow" && decision !== "deny") return consentPage(request, ticket, pending, pending.subject)
  state.pending.delete(ticket)
  if (decision === "deny") return refuse(state, request, pending, { error: "access_denied" })
  const { client, redirectUri, scope, challenge } = pending
  const code = state.grants.issueCode({ ...pending.subject, client, redirectUri, scope, challenge })
  return comeBack(request, state.options().callbackIssuer, pending, { code })
}

const signIn = (
  state: RestState,
  request: SurfaceRequest,
  ticket: string,
  pending: Pending,
  params: Params
): SurfaceResponse => {
  const clicked = state.options().signInButtons ? params.get("username") : undefined
  const [userId, companyId] = clicked?.split("@") ?? [params.get("user"), params.get("company")]
  const company = state.xml.directory.company(companyId ?? "")
  const user = company?.users.get(userId ?? "")
  const known = clicked !== undefined || user?.password === params.get("password")
  if (company === undefined || user === undefined || !known) {
    return signInPage(state, request, ticket, pending.client, text.wrongLogin, params)
  }
  if (company.expired) {
    const alert = "This company is a demo company and has expired."
    return signInPage(state, request, ticket, pending.client, alert, params)
  }
  if (!company.senders.has(senderOf(pending.client))) {
    state.pending.delete(ticket)
    return refuse(state, request, pending, {
      error: "access_denied",
      error_description: "The company has not authorized this application's sender"
    })
  }
  pending.subject = { company, user }
  return consentPage(request, ticket, pending, pending.subject)
}

const consentPage = (
  request: SurfaceRequest,
  ticket: string,
  pending: Pending,
  { company, user }: NonNullable<Pending["subject"]>
): SurfaceResponse =>
  pageAnswer({
    language: "en",
    title: `Allow ${pending.client.name}?`,
    paragraphs: [
      `${pending.client.name} will work in ${company.companyId} as ${user.userId}, with the permissions of that user.`
    ],
    list: pending.scope.split(" ").includes("offline_access") ? ["It keeps its access while you are away."] : [],
    form: {
      action: request.path,
      hidden: { transaction: ticket },
      fields: [],
      buttons: [
        { label: text.allow, name: "decision", value: "allow" },
        { label: text.deny, name: "decision", value: "deny" }
      ]
    }
  })
