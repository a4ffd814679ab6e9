import { createHmac } from "node:crypto"
import { type IncomingMessage, request as plainRequest } from "node:http"
import { request as tlsRequest } from "node:https"
import type { Sandbox } from "@sage-auth/sandbox"
import { XMLParser } from "fast-xml-parser"
import { assert } from "vitest"
import { signIn } from "../support.ts"
import { memberAt } from "../../support.ts"

export { start, until } from "../../support.ts"

export type AnySandbox = Sandbox<"manual">

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage["headers"]
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown
  /** What stands at a path of the JSON body; members are joined by spaces. */
  at(path: string): unknown
}

export interface Init {
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  readonly body?: string | Uint8Array | undefined
  /** A client certificate. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
}

/** Sends a request on a connection of its own, over TLS with the sandbox's authority. */
export const send = (sandbox: AnySandbox, url: string, init: Init = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = {
      method: init.method ?? "GET",
      headers: Object.fromEntries(Object.entries(init.headers ?? {}).filter(([, value]) => value !== undefined)),
      agent: false
    } as const
    const sent = url.startsWith("https:")
      ? tlsRequest(url, { ...options, ca: sandbox.ca, ...init.tls })
      : plainRequest(url, options)
    sent.once("error", reject)
    sent.once("response", (response) => {
      const chunks: Array<Buffer> = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.once("error", reject)
      response.once("end", () => resolve(answerOf(response, Buffer.concat(chunks).toString("utf8"))))
    })
    sent.end(init.body)
  })

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const answerOf = (response: IncomingMessage, text: string): Answer => {
  const json = response.headers["content-type"]?.startsWith("application/json") === true ? parsed(text) : undefined
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    json,
    at: (path) => memberAt(json, path)
  }
}

export const basic = ({ user, password }: { readonly user: string; readonly password: string }): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`

export const bearer = (token: unknown): string => `Bearer ${String(token)}`

/** An access token of the customer's identity provider. */
export const accessToken = async (
  sandbox: AnySandbox,
  login?: { readonly email: string; readonly password: string }
): Promise<string> => String((await signIn(sandbox, {}, login === undefined ? {} : { login })).at("access_token"))

export const webServices = (sandbox: AnySandbox) => ({
  ...sandbox.urls["x3-web-services"],
  ...sandbox.accounts["x3-web-services"]
})

/** Calls REST on premise as the first login; `path` is what stands behind `/api1/`. */
export const api = (sandbox: AnySandbox, path: string, init: Init = {}): Promise<Answer> => {
  const { onPremise, basic: login } = webServices(sandbox)
  return send(sandbox, `${onPremise}/api1/${path}`, {
    ...init,
    headers: {
      authorization: basic(login),
      ...(init.body === undefined ? {} : { "content-type": "application/json" }),
      ...init.headers
    }
  })
}

export const customers = "x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query"

export const customer = (key: string, facet = "$details"): string =>
  `x3/erp/SEED/BPCUSTOMER('${key}')?representation=BPCUSTOMER.${facet}`

/** The message of the one diagnosis of an answer. */
export const diagnosis = (answer: Answer): unknown => answer.at("$diagnoses 0 $message")

export interface SoapParts {
  readonly operation: string
  readonly pool?: string | undefined
  readonly publicName?: string | undefined
  readonly config?: string | undefined
  readonly keys?: Readonly<Record<string, string>> | undefined
  /** Fields of `objectXml`, or of `inputXml` with `run`. */
  readonly fields?: Readonly<Record<string, string>> | undefined
  /** The same as it goes over the wire, in place of `fields`. */
  readonly payload?: string | undefined
  readonly listSize?: number | undefined
  /** Further elements of the call context. */
  readonly context?: string | undefined
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

export const soapXml = (sandbox: AnySandbox, parts: SoapParts): string => {
  const keys = Object.entries(parts.keys ?? {})
  const fields = Object.entries(parts.fields ?? {})
  const parameter = parts.operation === "run" ? "inputXml" : "objectXml"
  return `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wss="http://www.adonix.com/WSS"><soapenv:Body><wss:${parts.operation}><callContext><codeLang>ENG</codeLang><poolAlias>${parts.pool ?? webServices(sandbox).pool}</poolAlias><poolId/><requestConfig><![CDATA[${parts.config ?? "adxwss.optreturn=JSON"}]]></requestConfig>${parts.context ?? ""}</callContext><publicName>${parts.publicName ?? "WSBPC"}</publicName>${
    keys.length === 0
      ? ""
      : `<objectKeys>${keys.map(([key, value]) => `<item><key>${key}</key><value>${escape(value)}</value></item>`).join("")}</objectKeys>`
  }${
    parts.payload !== undefined
      ? `<${parameter}><![CDATA[${parts.payload}]]></${parameter}>`
      : fields.length === 0
        ? ""
        : `<${parameter}><![CDATA[<PARAM>${fields.map(([name, value]) => `<FLD NAME="${name}">${escape(value)}</FLD>`).join("")}</PARAM>]]></${parameter}>`
  }${parts.listSize === undefined ? "" : `<listSize>${parts.listSize}</listSize>`}</wss:${parts.operation}></soapenv:Body></soapenv:Envelope>`
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  isArray: (name) => name === "multiRef"
})

export interface SoapAnswer extends Answer {
  /** `resultXml`, as JSON when it is some. */
  readonly result: unknown
  readonly soapStatus: string | undefined
  readonly messages: ReadonlyArray<readonly [type: string, message: string]>
  readonly infos: Readonly<Record<string, unknown>>
}

interface Parsed {
  readonly "soapenv:Envelope"?: {
    readonly "soapenv:Body": Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>> & {
      readonly multiRef?: ReadonlyArray<{ readonly message: { "#text": string }; readonly type: { "#text": string } }>
    }
  }
}

export const soap = async (sandbox: AnySandbox, parts: SoapParts | string, init: Init = {}): Promise<SoapAnswer> => {
  const { onPremise, basic: login } = webServices(sandbox)
  const answer = await send(sandbox, `${onPremise}/soap-generic/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC`, {
    method: "POST",
    body: typeof parts === "string" ? parts : soapXml(sandbox, parts),
    ...init,
    headers: {
      authorization: basic(login),
      "content-type": "text/xml; charset=utf-8",
      soapaction: '""',
      ...init.headers
    }
  })
  const body = (parser.parse(answer.text) as Parsed)["soapenv:Envelope"]?.["soapenv:Body"]
  const operation = typeof parts === "string" ? "" : parts.operation
  const returned = body?.[`wss:${operation}Response`]?.[`${operation}Return`]
  const result = (returned?.["resultXml"] as { readonly "#text"?: string } | undefined)?.["#text"]
  return {
    ...answer,
    result: result !== undefined && /^[[{]/.test(result) ? (JSON.parse(result) as unknown) : result,
    soapStatus: (returned?.["status"] as { readonly "#text": string } | undefined)?.["#text"],
    messages: (body?.multiRef ?? []).map(({ type, message }) => [type["#text"], message["#text"]] as const),
    infos: (returned?.["technicalInfos"] ?? {}) as Readonly<Record<string, unknown>>
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** The JWT of a connected app; `claims` over the right ones, undefined leaves one out. */
export const jwt = (
  sandbox: AnySandbox,
  claims: Readonly<Record<string, unknown>> = {},
  { secret, alg = "HS256" }: { readonly secret?: string; readonly alg?: string } = {}
): string => {
  const { app } = sandbox.accounts["x3-graphql"]
  const now = Math.floor(sandbox.clock.now() / 1000)
  const all = {
    iss: app.clientId,
    sub: app.user,
    aud: sandbox.urls["x3-graphql"].api,
    iat: now - 30,
    exp: now + 300,
    ...claims
  }
  const signed = `${encode({ alg, typ: "JWT" })}.${encode(all)}`
  const signature = createHmac("sha256", secret ?? app.clientSecret)
    .update(signed)
    .digest("base64url")
  return `${signed}.${signature}`
}

/** Asks GraphQL as the connected app; undefined among the headers leaves one out. */
export const graphql = (
  sandbox: AnySandbox,
  body: object | string,
  headers: Readonly<Record<string, string | undefined>> = {},
  url: string = sandbox.urls["x3-graphql"].api,
  tls?: Init["tls"]
): Promise<Answer> =>
  send(sandbox, url, {
    method: "POST",
    tls,
    headers: {
      authorization: bearer(jwt(sandbox)),
      "content-type": "application/json",
      "x-xtrem-endpoint": sandbox.accounts["x3-graphql"].endpoint,
      ...headers
    },
    body: typeof body === "string" ? body : JSON.stringify(body)
  })

/** What a rejected promise was rejected with. */
export const rejection = async (promise: Promise<unknown>): Promise<{ readonly code?: string }> => {
  const outcome = await promise.then(
    () => "resolved" as const,
    (error: unknown) => ({ error })
  )
  if (outcome === "resolved") assert.fail("nothing was rejected")
  return outcome.error as { readonly code?: string }
}
