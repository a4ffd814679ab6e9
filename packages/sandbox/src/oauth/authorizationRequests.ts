import { randomBytes } from "node:crypto"
import type { WayBack } from "./answers.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import type { OAuthClient } from "./clients.ts"
import { BoundedMap } from "../BoundedMap.ts"
import { deadEnd, words } from "./pages.ts"
import { formParams, type Params, readBody } from "./params.ts"

const pageLife = 30 * 60_000

/** The authorization requests that somebody is busy with, by the ticket that their pages carry. */
export class PendingAuthorizations<Pending> {
  readonly #now: () => number
  readonly #kept = new BoundedMap<{ readonly pending: Pending; readonly startedAt: number }>(1000)

  constructor(now: () => number) {
    this.#now = now
  }

  /** Keeps a request; returns its ticket. */
  begin(pending: Pending): string {
    const ticket = randomBytes(16).toString("hex")
    this.#kept.set(ticket, { pending, startedAt: this.#now() })
    return ticket
  }

  /** The request of a ticket; undefined when it is over or took too long. */
  find(ticket: string): Pending | undefined {
    const found = this.#kept.get(ticket)
    return found === undefined || this.#now() - found.startedAt > pageLife ? undefined : found.pending
  }

  end(ticket: string): void {
    this.#kept.delete(ticket)
  }
}

/** An authorization endpoint: a GET with the request's parameters begins, a form of its pages proceeds. */
export const authorizationEndpoint = (
  request: SurfaceRequest,
  begin: (params: Params) => SurfaceResponse,
  proceed: (params: Params) => SurfaceResponse
): SurfaceResponse => {
  if (request.method === "GET") return begin(formParams(request.query))
  if (request.method !== "POST") return { status: 405, headers: { allow: "GET, POST" }, body: "" }
  const read = readBody(request.headers["content-type"], request.body, false)
  return read.problem === undefined ? proceed(read.params) : deadEnd("en", words.en.expired)
}

/** Who asks, and the way back there; or what is wrong with them, and then no browser may be sent back. */
export const whoAsks = (
  params: Params,
  client: OAuthClient | undefined,
  anyClients: ReadonlyArray<string>,
  errors = { client: "unauthorized_client: ", redirectUri: "invalid_request: " }
): ({ readonly client: OAuthClient } & WayBack) | string => {
  if (client === undefined || params.count("client_id") > 1) {
    return `${errors.client}client_id is missing, wrong or there twice.`
  }
  const redirectUri = params.get("redirect_uri")
  const registered =
    redirectUri !== undefined &&
    params.count("redirect_uri") === 1 &&
    (client.redirectUris.has(redirectUri) || anyClients.includes(redirectUri))
  return registered
    ? { client, redirectUri, state: params.get("state") }
    : `${errors.redirectUri}redirect_uri is not, letter by letter, one that the application registered.`
}

/** An error that an authorization server sends back to the application, in either of Sage's two forms. */
export interface AuthorizationRefusal {
  /** The `error`, such as `"access_denied"` or `"Invalid request"`. */
  readonly error: string
  /** What stands beside `error` in OAuth's form. */
  readonly error_description?: string | undefined
  /** What stands in place of a description in Sage's own form. */
  readonly reason?: string | undefined
}

/** The parameters of such an error in a callback URL. */
export const refusalParams = (refusal: AuthorizationRefusal): Record<string, string | undefined> => ({
  error: refusal.error,
  error_description: refusal.error_description,
  reason: refusal.reason
})

/** A request that is wrong in itself. */
export const invalidRequest = (error_description: string): AuthorizationRefusal => ({
  error: "invalid_request",
  error_description
})

/** What is wrong with a request for a code, whatever it asks for (RFC 6749, section 4.1.1). */
export const codeRequestProblem = (params: Params): AuthorizationRefusal | undefined => {
  if (params.repeated !== undefined) return invalidRequest("A parameter was sent twice")
  const responseType = params.get("response_type")
  if (responseType === undefined) return invalidRequest("response_type is missing")
  return responseType === "code" ? undefined : { error: "unsupported_response_type" }
}
