import { assert, describe, it } from "@effect/vitest"
import { tokenErrors as businessCloud } from "../../src/business-cloud/judge.ts"
import { tokenErrors as intacctRest } from "../../src/intacct-rest/judge.ts"
import { errorOf, fits, parseBody } from "../../src/oauth2/errorBody.ts"
import { fromJudgement, judgeAnswer } from "../../src/oauth2/tokenEndpoint.ts"
import { errorsWhen, type TokenRequestKind, type TokenErrorTable } from "../../src/oauth2/TokenErrors.ts"
import { tokenErrors as x3Gateway } from "../../src/x3/gateway/judge.ts"
import { tokenErrors as x3WebServices } from "../../src/x3/web-services/judge.ts"

/**
 * What an answer comes to, in one text: the entry, its reason, whether what was sent is used up (`unused` is what only
 * the server's own refusal says), whether it may be repeated, and why a grant is over.
 */
type Told = string

type Case<S extends TokenRequestKind> = readonly [sent: ReadonlyArray<S>, status: number, body: unknown, told: Told]

const refresh = ["refresh-token"] as const
const code = ["code"] as const
const client = ["client-credentials"] as const
const human = [...refresh, ...code] as const
const any = [...human, ...client] as const

const oauth = (error: string) => ({ error })
const intacct = (errorId: string) => ({ error: { code: "invalidRequest", errorId, message: "as documented" } })
const gateway = (message: string) => ({ message })
const diagnosis = [{ $severity: "error", $dataCode: "Unexpected", $message: "Nothing was done" }]

const ofIntacct: ReadonlyArray<Case<TokenRequestKind>> = [
  [refresh, 400, intacct("REST-2102"), "intacct-rest.grant-ended ReauthorizationRequired used Superseded"],
  [refresh, 400, intacct("REST-1206"), "intacct-rest.grant-ended ReauthorizationRequired used"],
  [client, 401, intacct("REST-2102"), "intacct-rest.client-rejected CredentialRejected unknown"],
  [code, 400, intacct("REST-2102"), "intacct-rest.token-request-invalid Misconfigured unknown"],
  [any, 200, intacct("GW-0010"), "intacct.rate-limited RateLimited unused retryable"],
  [any, 429, intacct("GW-0010"), "intacct.rate-limited RateLimited unused retryable"],
  [any, 403, intacct("GW-0010"), "intacct.rate-limited RateLimited unknown retryable"],
  [any, 400, gateway("API rate limit exceeded"), "intacct.rate-limited RateLimited unknown retryable"],
  [any, 400, intacct("REST-1216"), "intacct-rest.client-not-authorized CredentialRejected unused"],
  [any, 400, intacct("GW-0011"), "intacct.invalid-request CredentialRejected unused"],
  [any, 400, intacct("GW-0012"), "intacct-rest.tenant-missing Misconfigured unused"],
  [any, 415, intacct("GW-0014"), "intacct-rest.content-type-invalid RequestRejected unused"],
  [any, 400, intacct("GW-0015"), "intacct-rest.attribute-missing Misconfigured unused"],
  [any, 401, intacct("GW-0031"), "intacct-rest.token-undecodable CredentialRejected unused"],
  [any, 401, intacct("GW-0032"), "intacct-rest.token-payload-invalid ProtocolViolation unused"],
  [any, 404, intacct("GW-0033"), "intacct-rest.token-endpoint-invalid Misconfigured unused"],
  [any, 400, intacct("GW-0034"), "intacct-rest.token-request-invalid Misconfigured unused"],
  [any, 400, intacct("GW-0035"), "intacct-rest.token-payload-missing ProtocolViolation unused"],
  [any, 400, intacct("GW-0036"), "intacct-rest.username-missing Misconfigured unused"],
  [any, 400, intacct("GW-0037"), "intacct-rest.client-id-missing Misconfigured unused"],
  [any, 400, intacct("GW-0038"), "intacct-rest.several-client-ids ProtocolViolation unused"],
  [any, 400, intacct("GW-0039"), "intacct-rest.several-usernames ProtocolViolation unused"],
  [any, 405, intacct("GW-0042"), "intacct-rest.token-endpoint-invalid Misconfigured unused"],
  [any, 400, intacct("GW-0001"), "intacct-rest.unable-to-process ServiceUnavailable unknown retryable"],
  [any, 400, oauth("unauthorized_client"), "intacct-rest.client-rejected CredentialRejected unused"],
  // as a code of its own, and not where OAuth has it, it may be of anything in front
  [any, 400, intacct("unauthorized_client"), "intacct-rest.client-rejected CredentialRejected unknown"],
  [any, 400, oauth("invalid_request"), "intacct-rest.token-request-invalid Misconfigured unused"],
  [refresh, 400, oauth("invalid_grant"), "intacct-rest.grant-ended ReauthorizationRequired used"],
  [code, 400, oauth("invalid_grant"), "intacct-rest.code-rejected CallbackRejected used"],
  [client, 400, oauth("invalid_grant"), "intacct-rest.client-rejected CredentialRejected used"],
  [refresh, 400, oauth("login_required"), "client.interaction-required ReauthorizationRequired used"],
  [code, 400, oauth("login_required"), "intacct-rest.code-rejected CallbackRejected used"],
  [client, 400, oauth("consent_required"), "client.administrator-required CredentialRejected unknown"],
  [any, 401, oauth("invalid_client"), "intacct-rest.client-rejected CredentialRejected unused"],
  [any, 503, oauth("temporarily_unavailable"), "intacct.service-unavailable ServiceUnavailable unused retryable"],
  [any, 400, oauth("server_error"), "intacct.service-unavailable ServiceUnavailable unknown retryable"],
  [any, 302, "", "intacct.redirect-refused ProtocolViolation unknown"],
  [any, 404, "", "intacct-rest.token-endpoint-invalid Misconfigured unknown"],
  [any, 200, "<html>", "intacct.unreadable-answer ProtocolViolation unknown"],
  [any, 401, "", "intacct-rest.client-rejected CredentialRejected unknown"],
  [any, 429, "", "intacct.rate-limited RateLimited unknown retryable"],
  [any, 503, "", "intacct.service-unavailable ServiceUnavailable unknown retryable"],
  [any, 418, "{}", "intacct-rest.token-request-invalid Misconfigured unknown"]
]

const ofBusinessCloud: ReadonlyArray<Case<"refresh-token" | "code">> = [
  [human, 400, oauth("unauthorized_client"), "business-cloud.client-not-authorized CredentialRejected unused"],
  [human, 400, oauth("invalid_request"), "business-cloud.token-request-invalid Misconfigured unused"],
  [human, 400, oauth("unsupported_grant_type"), "business-cloud.grant-type-unsupported Misconfigured unused"],
  [human, 429, diagnosis, "business-cloud.rate-limited RateLimited unused retryable"],
  [human, 503, diagnosis, "business-cloud.service-unavailable ServiceUnavailable unused retryable"],
  [human, 500, diagnosis, "business-cloud.service-unavailable ServiceUnavailable unknown retryable"],
  [human, 400, oauth("invalid_scope"), "business-cloud.token-request-invalid Misconfigured unused"],
  [refresh, 400, oauth("invalid_grant"), "business-cloud.grant-ended ReauthorizationRequired used"],
  [code, 400, oauth("invalid_grant"), "business-cloud.code-rejected CallbackRejected used"],
  [refresh, 400, oauth("login_required"), "client.interaction-required ReauthorizationRequired used"],
  [human, 401, oauth("invalid_client"), "business-cloud.client-rejected CredentialRejected unused"],
  [human, 302, "", "business-cloud.unreadable-answer ProtocolViolation unknown"],
  [human, 404, "", "business-cloud.token-request-invalid Misconfigured unknown"],
  [human, 200, "{}", "business-cloud.unreadable-answer ProtocolViolation unknown"],
  [human, 418, "{}", "business-cloud.token-request-invalid Misconfigured unknown"]
]

const ofIdentityProvider: ReadonlyArray<Case<TokenRequestKind>> = [
  [any, 400, oauth("unauthorized_client"), "x3-web-services.client-rejected CredentialRejected unused"],
  [any, 400, oauth("invalid_request"), "x3-web-services.token-request-invalid Misconfigured unused"],
  [any, 400, oauth("invalid_scope"), "x3-web-services.token-request-invalid Misconfigured unused"],
  [any, 403, oauth("unsupported_grant_type"), "x3-web-services.token-request-invalid Misconfigured unknown"],
  [refresh, 400, oauth("invalid_grant"), "x3-web-services.grant-ended ReauthorizationRequired used"],
  [code, 400, oauth("invalid_grant"), "x3-web-services.code-rejected CallbackRejected used"],
  [client, 400, oauth("invalid_grant"), "x3-web-services.client-rejected CredentialRejected used"],
  [refresh, 400, oauth("interaction_required"), "client.interaction-required ReauthorizationRequired used"],
  [client, 400, oauth("interaction_required"), "client.administrator-required CredentialRejected unknown"],
  [any, 401, oauth("invalid_client"), "x3-web-services.client-rejected CredentialRejected unused"],
  [any, 503, "", "x3-web-services.service-unavailable ServiceUnavailable unknown retryable"],
  [any, 429, "", "x3-web-services.rate-limited RateLimited unknown retryable"],
  [any, 302, "", "x3-web-services.unreadable-answer ProtocolViolation unknown"],
  [any, 404, "", "x3-web-services.token-request-invalid Misconfigured unknown"],
  [any, 200, "{}", "x3-web-services.unreadable-answer ProtocolViolation unknown"]
]

const disabled = "he application registered on Sage Business Cloud is disabled."

const ofGateway: ReadonlyArray<Case<"refresh-token" | "code">> = [
  [
    human,
    403,
    gateway("The pairing request has not been accepted."),
    "x3-gateway.pairing-pending PairingPending unused retryable"
  ],
  [human, 400, gateway("The request has expired."), "x3-gateway.pairing-expired ReauthorizationRequired used Expired"],
  [
    human,
    404,
    gateway("Pairing request not found."),
    "x3-gateway.pairing-unknown ReauthorizationRequired used Revoked"
  ],
  [human, 403, gateway(`T${disabled}`), "x3-gateway.application-disabled CredentialRejected unused"],
  [human, 403, gateway(`Sorry, t${disabled}`), "x3-gateway.application-disabled CredentialRejected unknown"],
  [
    human,
    404,
    gateway("Could not associate the requested URL with a customer."),
    "x3-gateway.customer-unknown Misconfigured unused"
  ],
  [
    human,
    404,
    gateway("Could not associate the client id with an active application registered."),
    "x3-gateway.client-unknown CredentialRejected unused"
  ],
  [
    human,
    404,
    gateway("Could not associate the redirect URL with an application registered."),
    "x3-gateway.redirect-unknown Misconfigured unused"
  ],
  [
    human,
    404,
    gateway("Could not associate the region."),
    "x3-gateway.token-request-rejected ProtocolViolation unused"
  ],
  [human, 400, gateway("Missing required request parameters."), "x3-gateway.parameters-missing Misconfigured unused"],
  [
    human,
    400,
    gateway("Sorry: missing required request parameters."),
    "x3-gateway.parameters-missing Misconfigured unknown"
  ],
  [human, 400, gateway("Invalid grant type."), "x3-gateway.grant-type-invalid ProtocolViolation unused"],
  [refresh, 401, gateway("Unauthorised"), "x3-gateway.grant-ended ReauthorizationRequired used"],
  [refresh, 401, gateway("No"), "x3-gateway.client-unknown CredentialRejected unknown"],
  [code, 401, gateway("Unauthorised"), "x3-gateway.client-unknown CredentialRejected unknown"],
  [refresh, 400, oauth("invalid_grant"), "x3-gateway.grant-ended ReauthorizationRequired used"],
  [code, 400, oauth("invalid_grant"), "x3-gateway.pairing-unknown ReauthorizationRequired used Revoked"],
  [code, 400, oauth("login_required"), "x3-gateway.pairing-unknown ReauthorizationRequired used Revoked"],
  // the refusals of OAuth are documented of other servers
  [human, 400, oauth("invalid_client"), "x3-gateway.client-unknown CredentialRejected unknown"],
  [human, 500, "", "x3-gateway.internal-error ServiceUnavailable unknown retryable"],
  [human, 429, "", "x3-gateway.rate-limited RateLimited unknown retryable"],
  [human, 200, "{}", "x3-gateway.unreadable-answer ProtocolViolation unknown"]
]

const answerOf = (status: number, body: unknown) => {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  return { answer: { status, headers: new Headers(), text, arrivedAt: 0 }, read: parseBody(text) }
}

const toldBy = <S extends TokenRequestKind>(
  table: TokenErrorTable<S>,
  sent: S,
  status: number,
  body: unknown
): Told => {
  const { answer, read } = answerOf(status, body)
  const judgement = judgeAnswer(errorsWhen(table, sent), answer, read)
  const { cause, error, processed } = fromJudgement(judgement, answer, read, [], {})
  const use = { yes: "used", no: "unused", unknown: "unknown" }[processed]
  return [error.id, error.reason._tag, use, ...(error.retryable ? ["retryable"] : []), cause ?? []].flat().join(" ")
}

/** Runs all cases of a server, and sees to it that no row of its table goes without one. */
const suite = <S extends TokenRequestKind>(
  server: string,
  table: TokenErrorTable<S>,
  cases: ReadonlyArray<Case<S>>
): void => {
  describe(`the token endpoint of ${server}`, () => {
    it.each(
      cases.flatMap(([sents, status, body, told]) =>
        sents.map((sent) => [JSON.stringify(body), status, sent, told, body] as const)
      )
    )("that says %s in HTTP %i of a %s comes to: %s", (_, status, sent, told, body) => {
      assert.strictEqual(toldBy(table, sent, status, body), told)
    })

    it("has a case for each row of its table", () => {
      const rows = table.rows.filter(
        (row) =>
          !cases.some(([sents, status, body]) => {
            const { read } = answerOf(status, body)
            const own = row.own === undefined || (row.own.is?.(read.kind === "json" ? read.value : undefined) ?? true)
            const statuses = row.own?.statuses ?? [status]
            return (
              sents.some((sent) => row.sent === undefined || row.sent === sent) &&
              fits(row, errorOf(read), status) &&
              own &&
              statuses.includes(status)
            )
          })
      )
      assert.deepStrictEqual(rows, [])
    })
  })
}

suite("Intacct's REST API", intacctRest, ofIntacct)
suite("Business Cloud Accounting", businessCloud, ofBusinessCloud)
suite("an identity provider of X3's", x3WebServices, ofIdentityProvider)
suite("X3's gateway", x3Gateway, ofGateway)
