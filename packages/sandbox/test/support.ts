import { type Sandbox, type SandboxOptions, startSandbox } from "@sage-auth/sandbox"
import { XMLParser } from "fast-xml-parser"
import { onTestFinished } from "vitest"

export const start = async (options?: Omit<SandboxOptions<"manual">, "clock">): Promise<Sandbox<"manual">> => {
  const sandbox = await startSandbox({ ...options, clock: "manual" })
  onTestFinished(() => sandbox.stop())
  return sandbox
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const element = (name: string, text: string | undefined): string =>
  text === undefined ? "" : `<${name}>${escape(text)}</${name}>`

export interface Login {
  readonly userId: string
  readonly companyId: string
  readonly password: string
  readonly clientId?: string | undefined
  readonly entityId?: string | undefined
}

export const loginXml = (login: Login): string =>
  `<login>${element("userid", login.userId)}${element("companyid", login.companyId)}${element("password", login.password)}${element("clientid", login.clientId)}${element("locationid", login.entityId)}</login>`

export const sessionXml = (sessionId: string): string => element("sessionid", sessionId)

export interface RequestParts {
  readonly sender?: { readonly id: string; readonly password: string } | undefined
  readonly authentication: string
  readonly functions: ReadonlyArray<string>
  readonly controlIds?: ReadonlyArray<string> | undefined
  readonly uniqueId?: boolean | "absent" | undefined
  readonly transaction?: boolean | undefined
  readonly controlId?: string | undefined
  /** Further control elements. */
  readonly control?: string | undefined
}

export const requestXml = (sandbox: Sandbox<"manual">, parts: RequestParts): string => {
  const sender = parts.sender ?? sandbox.accounts["intacct-xml"].sender
  const uniqueId = parts.uniqueId === "absent" ? undefined : String(parts.uniqueId ?? false)
  const functions = parts.functions.map(
    (each, index) => `<function controlid="${parts.controlIds?.[index] ?? `f${index}`}">${each}</function>`
  )
  return `<?xml version="1.0" encoding="utf-8" ?><request><control>${element("senderid", sender.id)}${element("password", sender.password)}${element("controlid", parts.controlId ?? "unittest")}${element("uniqueid", uniqueId)}<dtdversion>3.0</dtdversion>${parts.control ?? ""}</control><operation transaction="${String(parts.transaction ?? false)}"><authentication>${parts.authentication}</authentication><content>${functions.join("")}</content></operation></request>`
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  htmlEntities: true
})

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text at a path such as `response.control.status`; arrays by index. */
  at(path: string): unknown
}

export const answerOf = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  let parsed: unknown
  return {
    status: response.status,
    headers: response.headers,
    text,
    at: (path) => {
      parsed ??= parser.parse(text)
      return path
        .split(".")
        .reduce<unknown>(
          (value, key) =>
            typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined,
          parsed
        )
    }
  }
}

export const post = async (
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  init?: { readonly contentType?: string | undefined; readonly signal?: AbortSignal | undefined }
): Promise<Answer> =>
  answerOf(
    await fetch(url, {
      method: "POST",
      headers: { "content-type": init?.contentType ?? "application/xml" },
      body,
      ...(init?.signal === undefined ? {} : { signal: init.signal })
    })
  )

export const send = (
  sandbox: Sandbox<"manual">,
  parts: RequestParts,
  url = sandbox.urls["intacct-xml"].xml
): Promise<Answer> => post(url, requestXml(sandbox, parts))

export interface OpenSession {
  readonly sessionId: string
  readonly endpoint: string
  readonly locationId: string
  readonly answer: Answer
}

const apiPath = "response.operation.result.data.api"

export const sessionOf = (answer: Answer): OpenSession => {
  const sessionId = answer.at(`${apiPath}.sessionid`)
  if (typeof sessionId !== "string") throw new Error(`No session in ${answer.text}`)
  return {
    sessionId,
    endpoint: String(answer.at(`${apiPath}.endpoint`)),
    locationId: String(answer.at(`${apiPath}.locationid`)),
    answer
  }
}

export const open = async (
  sandbox: Sandbox<"manual">,
  login: Login = sandbox.accounts["intacct-xml"].login,
  fn = "<getAPISession/>"
): Promise<OpenSession> => sessionOf(await send(sandbox, { authentication: loginXml(login), functions: [fn] }))

/** Calls with a session at its own endpoint. */
export const use = (
  sandbox: Sandbox<"manual">,
  session: OpenSession,
  ...functions: ReadonlyArray<string>
): Promise<Answer> => send(sandbox, { authentication: sessionXml(session.sessionId), functions }, session.endpoint)

export const readByQuery = (object: string, query = "", rest = ""): string =>
  `<readByQuery><object>${object}</object><fields>*</fields><query>${escape(query)}</query>${rest}</readByQuery>`

export const errorOf = (answer: Answer, level: "control" | "authentication" | "function"): Record<string, unknown> => {
  const path = { control: "response", authentication: "response.operation", function: "response.operation.result" }[
    level
  ]
  const error = answer.at(`${path}.errormessage.error`)
  if (typeof error !== "object" || error === null) throw new Error(`No error at ${level} level in ${answer.text}`)
  return error as Record<string, unknown>
}

/** Waits for something that the event loop brings about by itself. */
export const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** What stands at a path of a JSON body; its members are joined by spaces, since some names hold colons and dots. */
export const memberAt = (json: unknown, path: string): unknown =>
  path
    .split(" ")
    .reduce<unknown>(
      (value, key) =>
        typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined,
      json
    )
