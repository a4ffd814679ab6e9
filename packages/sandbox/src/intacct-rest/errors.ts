import { randomBytes, randomInt } from "node:crypto"
import { notPlayedNumber, notPlayedStatus, notPlayedText } from "../notPlayed.ts"
import { json, tokenAnswer } from "../oauth/answers.ts"
import type { SurfaceResponse } from "../surface.ts"
import type { RejectedTokenShape, ResolvedIntacctRestOptions } from "./options.ts"

const hex = (digits: number): string =>
  randomBytes(Math.ceil(digits / 2))
    .toString("hex")
    .slice(0, digits)
    .toUpperCase()

const supportId = (): string => `${randomBytes(4).toString("base64url")}%7E${randomBytes(20).toString("base64url")}`

const failed = { totalCount: 1, totalSuccess: 0, totalError: 1 }

const gatewayTexts = {
  "GW-0001": "Unable to process request",
  "GW-0010": "API rate limit exceeded",
  "GW-0011": "Invalid Request",
  "GW-0012": "Missing Tenant Data",
  "GW-0014": "Invalid Content Type",
  "GW-0031": "Invalid Token",
  "GW-0032": "Invalid Token Payload",
  "GW-0033": "Invalid Token Endpoint",
  "GW-0034": "Invalid Authorization Header",
  "GW-0035": "Missing Token Payload",
  "GW-0036": "Missing User Name",
  "GW-0037": "Missing Client ID",
  "GW-0038": "Multiple Client IDs",
  "GW-0039": "Multiple Usernames",
  "GW-0040": "Expired token",
  "GW-0042": "Forbidden"
} as const

/** A code of the gateway in front of the API. */
export type GatewayCode = keyof typeof gatewayTexts

/** An error of the gateway, whose `details` are an object. */
export const gatewayError = (
  status: number,
  code: GatewayCode,
  headers: Readonly<Record<string, string>> = {}
): SurfaceResponse => gatewayMessage(status, code, gatewayTexts[code], headers)

/** `GW-0015`, which names what is missing. */
export const missingAttribute = (name: string): SurfaceResponse =>
  gatewayMessage(400, "GW-0015", `Missing ${name} Attribute`)

const gatewayMessage = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {}
): SurfaceResponse =>
  json(
    status,
    { "ia::error": { code, message, details: { requestId: `${hex(8)}:${hex(4)}_${hex(8)}.${randomInt(100)}` } } },
    headers
  )

/** What is wrong with one record or request. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly errorId: string
  readonly messageId: string
  readonly placeholders?: Readonly<Record<string, string>> | undefined
}

/** An error as it stands inside every envelope but the gateway's. */
export const errorBody = (problem: Problem): object => ({
  code: problem.code,
  message: problem.message,
  errorId: problem.errorId,
  additionalInfo: { messageId: problem.messageId, placeholders: problem.placeholders ?? {}, propertySet: {} },
  supportId: supportId()
})

/** An error of the application: `ia::error` inside `ia::result`. */
export const resultError = (problem: Problem): SurfaceResponse =>
  json(problem.status, { "ia::result": { "ia::error": errorBody(problem) }, "ia::meta": failed })

/** An error at the top, as for a version that does not exist. */
export const versionError = (): SurfaceResponse =>
  json(400, {
    "ia::error": { code: "invalidRequest", message: "Version is not supported.", supportId: supportId() },
    "ia::meta": failed
  })

const bareError = (problem: Problem): SurfaceResponse => json(problem.status, { error: errorBody(problem) })

/** The rejection of an access token in one of the shapes that were seen. */
export const rejectedToken = (shape: RejectedTokenShape, options: ResolvedIntacctRestOptions): SurfaceResponse => {
  switch (shape) {
    case "GW-0040":
      return gatewayError(401, "GW-0040")
    case "GW-0031":
      return gatewayError(400, "GW-0031")
    case "REST-1206":
      return resultError({
        status: 400,
        code: "invalidRequest",
        message: "The token is not valid",
        errorId: "REST-1206",
        messageId: "IA.THE_TOKEN_IS_NOT_VALID"
      })
    case "Invalid token":
      return json(400, { error: "Invalid token" })
    case "REST-2102":
      return bareError({
        status: options.rejectedTokenStatus,
        code: "tokenInvalid",
        message: "Token is not valid",
        errorId: "REST-2102",
        messageId: "IA.TOKEN_IS_INVALID"
      })
  }
}

/** The refusal of a code or refresh token. */
export const invalidGrant = (options: ResolvedIntacctRestOptions): SurfaceResponse =>
  tokenAnswer(options.invalidGrantStatus, { error: options.invalidGrant })

/** The refusal of a client: by its id, or by its secret or its place among the company's authorised applications. */
export const refusedClient = (why: "unknown" | "wrong", options: ResolvedIntacctRestOptions): SurfaceResponse => {
  const shape = why === "unknown" ? options.unknownClient : options.wrongClient
  if (shape === "GW-0011") return gatewayError(400, "GW-0011")
  if (shape === "invalid_client") return tokenAnswer(options.wrongClientStatus, { error: "invalid_client" })
  return bareError({
    status: options.wrongClientStatus,
    code: "invalidRequest",
    message: "The Client ID, Client Secret, and/or 3rd Party Application are incorrect",
    errorId: "REST-1216",
    messageId: "IA.CLIENT_OR_APPLICATION_INCORRECT"
  })
}

/** What an attribute of a payload can be refused for. */
export const payloadProblem = (
  message: string,
  errorId: "REST-1043" | "REST-1064" | "REST-1106" = "REST-1064"
): Problem => ({
  status: 400,
  code: "invalidRequest",
  message,
  errorId,
  messageId: errorId === "REST-1106" ? "IA.FIELD_CANNOT_BE_QUERIED" : "IA.PAYLOAD_CONTAINS_ERRORS"
})

/** Something that Intacct has and the sandbox does not. */
export const notPlayedProblem = (what: string): Problem => ({
  status: notPlayedStatus,
  code: notPlayedNumber,
  message: notPlayedText(what, "Intacct"),
  errorId: notPlayedNumber,
  messageId: "SANDBOX.NOT_PLAYED"
})

/** What a record can be refused for by the rules of the application. */
export const operationProblem = (message: string, status: 404 | 409 | 422 = 422): Problem => ({
  status,
  code: status === 404 ? "objectNotFound" : "operationFailed",
  message,
  errorId: "REST-7001",
  messageId: "IA.OPERATION_FAILED"
})
