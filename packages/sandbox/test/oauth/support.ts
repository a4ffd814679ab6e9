import type { Sandbox } from "@sage-auth/sandbox"
import { createHash, randomBytes } from "node:crypto"
import { assert } from "vitest"
import { memberAt } from "../support.ts"

export { start, until } from "../support.ts"

export type AnySandbox = Sandbox<"manual">

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON. */
  readonly json: unknown
  /** What stands at a path of the JSON body; keys are joined with a space, since some hold colons and dots. */
  at(path: string): unknown
}

const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  const json: unknown = (response.headers.get("content-type") ?? "").startsWith("application/json")
    ? JSON.parse(text)
    : undefined
  return {
    status: response.status,
    headers: response.headers,
    text,
    json,
    at: (path) => memberAt(json, path)
  }
}

export const send = async (url: string | URL, init: RequestInit = {}): Promise<Answer> =>
  answerOf(await fetch(url, { redirect: "manual", ...init }))

export type Fields = Readonly<Record<string, string | undefined>>

const defined = (fields: Fields): Array<[string, string]> =>
  Object.entries(fields).flatMap(
    ([name, value]): Array<[string, string]> => (value === undefined ? [] : [[name, value]])
  )

/** Posts a form. */
export const post = (url: string, fields: Fields, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  send(url, { method: "POST", headers, body: new URLSearchParams(defined(fields)) })

/** Sends JSON. */
export const sendJson = (
  url: string,
  body: unknown,
  init: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {}
): Promise<Answer> =>
  send(url, {
    method: init.method ?? "POST",
    headers: { "content-type": "application/json", ...init.headers },
    body: JSON.stringify(body)
  })

export const pkce = (): { readonly verifier: string; readonly challenge: string } => {
  const verifier = randomBytes(32).toString("base64url")
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") }
}

export const claimsOf = (token: unknown): Readonly<Record<string, unknown>> => {
  const [, payload = ""] = String(token).split(".")
  return JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Readonly<Record<string, unknown>>
}

export const headerOf = (token: unknown): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(String(token).split(".")[0] ?? "", "base64url").toString("utf8")) as Readonly<
    Record<string, unknown>
  >

type Name = "intacct-rest" | "business-cloud" | "business-cloud-v3"

const accountsOf = (sandbox: AnySandbox, name: Name) =>
  sandbox.accounts[name === "business-cloud-v3" ? "business-cloud" : name]

/** The authorization URL of a surface's first application. */
export const authorizeUrl = (sandbox: AnySandbox, name: Name, more: Fields = {}): string => {
  const { client } = accountsOf(sandbox, name)
  const query = new URLSearchParams(
    defined({
      response_type: "code",
      client_id: client.clientId,
      redirect_uri: client.redirectUri,
      state: "st&te/1",
      ...(name === "intacct-rest" ? { scope: "offline_access" } : { filter: "apiv3.1", country: "gb" }),
      ...more
    })
  )
  return `${sandbox.urls[name].authorize}?${query.toString()}`
}

/** What the callback of a consent carries. */
export const consent = async (
  sandbox: AnySandbox,
  name: Name,
  more: Fields = {},
  options: Parameters<AnySandbox["approve"]>[1] = {}
): Promise<URLSearchParams> => new URL(await sandbox.approve(authorizeUrl(sandbox, name, more), options)).searchParams

/** Exchanges a code with the first application's id and secret. */
export const exchange = (sandbox: AnySandbox, name: Name, code: string | null, more: Fields = {}): Promise<Answer> => {
  const { client } = accountsOf(sandbox, name)
  return post(sandbox.urls[name].token, {
    grant_type: "authorization_code",
    code: code ?? "",
    redirect_uri: client.redirectUri,
    client_id: client.clientId,
    client_secret: client.clientSecret,
    ...more
  })
}

/** A whole consent and exchange. */
export const connect = async (
  sandbox: AnySandbox,
  name: Name,
  more: Fields = {},
  options: Parameters<AnySandbox["approve"]>[1] = {}
): Promise<Answer> => {
  const answer = await exchange(sandbox, name, (await consent(sandbox, name, more, options)).get("code"))
  assert.strictEqual(answer.status, 200, answer.text)
  return answer
}

export const refresh = (sandbox: AnySandbox, name: Name, token: unknown, more: Fields = {}): Promise<Answer> => {
  const { client } = accountsOf(sandbox, name)
  return post(sandbox.urls[name].token, {
    grant_type: "refresh_token",
    refresh_token: String(token),
    client_id: client.clientId,
    client_secret: client.clientSecret,
    ...more
  })
}

/** Client credentials of the Intacct REST API. */
export const clientCredentials = (sandbox: AnySandbox, more: Fields = {}): Promise<Answer> => {
  const { client, user } = sandbox.accounts["intacct-rest"]
  return post(sandbox.urls["intacct-rest"].token, {
    grant_type: "client_credentials",
    client_id: client.clientId,
    client_secret: client.clientSecret,
    username: user.username,
    ...more
  })
}

export const bearer = (
  token: unknown,
  more: Readonly<Record<string, string>> = {}
): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${String(token)}`,
  ...more
})

/** Calls the API of a surface. */
export const call = (
  sandbox: AnySandbox,
  name: Name,
  path: string,
  token: unknown,
  init: RequestInit & { readonly headers?: Readonly<Record<string, string>> } = {}
): Promise<Answer> => send(`${sandbox.urls[name].api}/${path}`, { ...init, headers: bearer(token, init.headers) })
