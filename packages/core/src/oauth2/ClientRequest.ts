/**
 * The request that a client sends to an authorization server: a POST with a form or JSON, and the client's own
 * authentication in exactly one place.
 *
 * Source: RFC 6749, sections 2.3.1 and 3.2, appendix B; developer.sage.com, X3, Authorization token endpoints (JSON).
 */
import * as Redacted from "effect/Redacted"
import type { Request } from "../transport/Transport.ts"

/** How the client shows who it is; one way per request. */
export type ClientAuthentication =
  | { readonly method: "body"; readonly clientId: string; readonly clientSecret: Redacted.Redacted }
  | { readonly method: "basic"; readonly clientId: string; readonly clientSecret: Redacted.Redacted }
  /** a public client: its id alone */
  | { readonly method: "none"; readonly clientId: string }

/** What is secret is redacted: that, and only that, is taken out of what the server answers. */
export type Parameters = Readonly<Record<string, string | Redacted.Redacted | undefined>>

/** One request to a token or revocation endpoint. */
export interface ClientRequest {
  readonly url: string
  /** default `POST` */
  readonly method?: "POST" | "DELETE" | undefined
  /** default `form` */
  readonly body?: "form" | "json" | undefined
  readonly clientAuthentication: ClientAuthentication
  /** in the order in which they are sent; those that are undefined are left out */
  readonly parameters: Parameters
  /** default `application/json` */
  readonly accept?: string | undefined
  /** the largest answer that is read, in bytes; default 256 KiB */
  readonly limit?: number | undefined
}

/** Two tokens of 2,048 bytes and a few members are far below it; a proxy's page may come near. */
const defaultLimit = 256 * 1024

const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1)

/** what goes into the header, and the password in it, which is the secret in another form */
const basicCredential = (clientId: string, clientSecret: Redacted.Redacted) => {
  // each part is form-encoded first, or a colon in the id would end it
  const password = formEncoded(Redacted.value(clientSecret))
  const credential = Buffer.from(`${formEncoded(clientId)}:${password}`).toString("base64")
  return {
    credential: Redacted.make(credential, { label: "basic credential" }),
    password: Redacted.make(password, { label: "client secret" })
  }
}

const bodyParameters = ({
  clientAuthentication,
  parameters
}: ClientRequest): ReadonlyArray<readonly [string, string]> => {
  const { clientId, method } = clientAuthentication
  const all: Parameters = {
    ...parameters,
    // RFC 6749, section 2.3: never in two places
    client_id: method === "basic" ? undefined : clientId,
    client_secret: method === "body" ? clientAuthentication.clientSecret : undefined
  }
  return Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Redacted.isRedacted(value) ? Redacted.value(value) : value] as const]
  )
}

/** A request ready to be sent, and everything secret in it. */
export interface EncodedRequest {
  readonly http: Request
  readonly secrets: ReadonlyArray<Redacted.Redacted>
}

/** Writes the request as it goes on the wire. */
export const encodeRequest = (request: ClientRequest): EncodedRequest => {
  const { accept, body, clientAuthentication, limit, method, parameters, url } = request
  const json = body === "json"
  const pairs = bodyParameters(request)
  const basic =
    clientAuthentication.method === "basic"
      ? basicCredential(clientAuthentication.clientId, clientAuthentication.clientSecret)
      : undefined
  return {
    http: {
      method: method ?? "POST",
      url,
      headers: {
        "content-type": json ? "application/json" : "application/x-www-form-urlencoded",
        accept: accept ?? "application/json",
        "user-agent": "sage-auth",
        ...(basic === undefined ? {} : { authorization: `Basic ${Redacted.value(basic.credential)}` })
      },
      body: json
        ? JSON.stringify(Object.fromEntries(pairs))
        : new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString(),
      limit: limit ?? defaultLimit
    },
    secrets: [
      ...Object.values(parameters).filter((value) => Redacted.isRedacted(value)),
      ...("clientSecret" in clientAuthentication ? [clientAuthentication.clientSecret] : []),
      ...(basic === undefined ? [] : [basic.password, basic.credential])
    ]
  }
}
