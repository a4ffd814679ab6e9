import { comeBack, type WayBack } from "../oauth/answers.ts"
import {
  authorizationEndpoint,
  type AuthorizationRefusal,
  codeRequestProblem,
  invalidRequest,
  refusalParams,
  whoAsks
} from "../oauth/authorizationRequests.ts"
import type { OAuthClient } from "../oauth/clients.ts"
import { type Button, deadEnd, pageAnswer, words } from "../oauth/pages.ts"
import type { Params } from "../oauth/params.ts"
import { challengeOf } from "../oauth/pkce.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import { accounts } from "./accounts.ts"
import { senderOf } from "./directory.ts"
import type { PendingAuthorization, RestState } from "./state.ts"

const text = words.en

/** The authorization endpoint: its pages, and the way back to the application. */
export const authorize = (state: RestState, request: SurfaceRequest): SurfaceResponse =>
  authorizationEndpoint(
    request,
    (params) => begin(state, request, params),
    (params) => proceed(state, request, params)
  )

const begin = (state: RestState, request: SurfaceRequest, params: Params): SurfaceResponse => {
  const clientId = params.get("client_id")
  const asking = whoAsks(
    params,
    clientId === undefined ? undefined : state.clients.find(clientId),
    state.options().redirectUris,
    { client: "The application is not known: ", redirectUri: "" }
  )
  if (typeof asking === "string") return deadEnd("en", asking)
  const refused = state.refusals.shift() ?? problemOf(params, asking.client)
  if (refused !== undefined) return leave(state, request, asking, refusalParams(refused))
  const challenge = challengeOf(params, false)
  const ticket = state.pending.begin({
    ...asking,
    scope: params.get("scope") ?? "",
    challenge: challenge === "invalid" ? undefined : challenge,
    subject: undefined
  })
  return signInPage(state, request, ticket, asking.client, undefined)
}

const problemOf = (params: Params, client: OAuthClient): AuthorizationRefusal | undefined => {
  const problem = codeRequestProblem(params)
  if (problem !== undefined) return problem
  const challenge = challengeOf(params, false)
  if (challenge === "invalid") {
    return invalidRequest("code_challenge must be that of S256, with code_challenge_method=S256")
  }
  if (challenge === undefined && client.secret === undefined) return invalidRequest("code_challenge is missing")
  return undefined
}

/** Sends the browser back. */
const leave = (
  state: RestState,
  request: SurfaceRequest,
  to: WayBack,
  params: Readonly<Record<string, string | undefined>>
): SurfaceResponse => comeBack(state.options().callbackIssuer ? `http://${request.host}` : undefined, to, params)

/** A button for a user of each company that authorised the sender. */
const buttonsOf = (state: RestState, client: OAuthClient): ReadonlyArray<Button> =>
  !state.options().signInButtons
    ? []
    : [accounts.user, accounts.second]
        .filter(({ companyId }) => state.xml.directory.company(companyId)?.senders.has(senderOf(client)) === true)
        .map(({ companyId, username }) => ({
          label: text.signInAs(username),
          name: "username",
          value: username,
          note: text.companyOf(companyId)
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
      quick: buttonsOf(state, client),
      buttons: [{ label: text.signIn }]
    }
  })

const proceed = (state: RestState, request: SurfaceRequest, params: Params): SurfaceResponse => {
  const ticket = params.get("transaction") ?? ""
  const pending = state.pending.find(ticket)
  if (pending === undefined) return deadEnd("en", text.expired)
  if (pending.subject === undefined) return signIn(state, request, ticket, pending, params)
  const decision = params.get("decision")
  if (decision !== "allow" && decision !== "deny") return consentPage(request, ticket, pending, pending.subject)
  state.pending.end(ticket)
  if (decision === "deny") return leave(state, request, pending, refusalParams({ error: "access_denied" }))
  const { client, redirectUri, scope, challenge } = pending
  const code = state.grants.issueCode({ ...pending.subject, client, redirectUri, scope, challenge })
  return leave(state, request, pending, { code })
}

const signIn = (
  state: RestState,
  request: SurfaceRequest,
  ticket: string,
  pending: PendingAuthorization,
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
    state.pending.end(ticket)
    return leave(
      state,
      request,
      pending,
      refusalParams({
        error: "access_denied",
        error_description: "The company has not authorized this application's sender"
      })
    )
  }
  pending.subject = { company, user }
  return consentPage(request, ticket, pending, pending.subject)
}

const consentPage = (
  request: SurfaceRequest,
  ticket: string,
  pending: PendingAuthorization,
  { company, user }: NonNullable<PendingAuthorization["subject"]>
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
