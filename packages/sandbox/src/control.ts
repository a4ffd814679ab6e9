import type { ApproveOptions } from "./approve.ts"
import type { Fault } from "./faults.ts"
import type { FrontRequest } from "./httpServer.ts"
import type { IntacctCompanyDefinition } from "./intacct-xml/define.ts"
import { isObject } from "./oauth/params.ts"
import { checkMembers } from "./checkedOptions.ts"
import { type Surface, type SurfaceResponse, surfaces } from "./surface.ts"

/** Where the control API is served. */
export const controlPath = "/sandbox/control"

/** The sandbox as its control API sees it. */
export interface Controlled {
  /** What `GET /sandbox/control` answers. */
  readonly describe: () => object
  readonly requests: (filter: { readonly surface?: Surface; readonly step?: string }) => ReadonlyArray<object>
  readonly fault: (surface: Surface, fault: Fault) => void
  readonly faults: () => ReadonlyArray<object>
  readonly clearFaults: () => void
  readonly now: () => number
  /** Undefined: the clock is the machine's, which cannot be moved. */
  readonly advance: ((by: number | string) => Promise<void>) | undefined
  readonly approve: (url: string, options: ApproveOptions | undefined) => Promise<string>
  readonly registerRedirectUri: (redirectUri: string) => void
  readonly define: (companyId: string, definition: IntacctCompanyDefinition) => void
  readonly records: (companyId: string, object: string) => ReadonlyArray<object>
  /** What only servers can do, by the names that the sandbox's own members have. */
  readonly controls: Readonly<Record<string, object>>
}

class Wrong extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const answer = (status: number, body: unknown): SurfaceResponse => ({
  status,
  headers: {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff"
  },
  body: `${JSON.stringify(body ?? null)}\n`
})

/**
 * Answers a request of the control API. It is for programs on this machine: a browser's page of another site cannot use
 * it, neither by its own name for this address nor by a form.
 */
export const control = async (controlled: Controlled, request: FrontRequest): Promise<SurfaceResponse> => {
  try {
    refuseStrangers(request)
    return answer(200, await run(controlled, request))
  } catch (error) {
    if (error instanceof Wrong) return answer(error.status, { error: error.message })
    // What the sandbox's own members throw is about their arguments.
    return answer(400, { error: error instanceof Error ? error.message : "The request cannot be done" })
  }
}

const isLoopback = (address: string): boolean =>
  address === "::1" || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(address) || address === "localhost"

const refuseStrangers = ({ headers, method, remoteAddress }: FrontRequest): void => {
  if (!isLoopback(remoteAddress ?? "")) throw new Wrong(403, "The control API answers this machine alone")
  // A name of somebody else's that leads here (DNS rebinding) stands in the Host.
  const host = (headers.host ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "")
  if (!isLoopback(host)) throw new Wrong(403, "The Host of the request must be a loopback address or localhost")
  const site = headers["sec-fetch-site"]
  if (headers.origin !== undefined || (site !== undefined && site !== "none")) {
    throw new Wrong(403, "The control API answers no page of a browser")
  }
  // No form can send this type, and a script of another site would have to ask first.
  const type = (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase()
  if (method === "POST" && type !== "application/json") {
    throw new Wrong(415, "The body must be JSON, with Content-Type: application/json")
  }
}

const run = async (controlled: Controlled, request: FrontRequest): Promise<unknown> => {
  const { method, path } = request
  const steps = path
    .slice(controlPath.length)
    .split("/")
    .filter((step) => step !== "")
    .map(decoded)
  const [what = "", ...rest] = steps
  const is = (wanted: string, name: string, length: number): boolean =>
    method === wanted && what === name && rest.length === length
  const query = new URLSearchParams(request.query)
  const asksForRequests = is("GET", "requests", 0)
  checkMembers(Object.fromEntries(query), asksForRequests ? ["surface", "step"] : [], `The query of ${path}`)
  if (method === "DELETE" && request.body !== "") throw new Wrong(400, "DELETE takes no body")
  if (method === "GET" && steps.length === 0) return controlled.describe()
  if (asksForRequests) {
    const surface = query.get("surface")
    if (surface !== null && !(surfaces as ReadonlyArray<string>).includes(surface)) {
      throw new Wrong(400, `surface must be one of ${surfaces.join(", ")}`)
    }
    const step = query.get("step")
    return controlled.requests({
      ...(surface === null ? {} : { surface: surface as Surface }),
      ...(step === null ? {} : { step })
    })
  }
  if (is("POST", "faults", 0)) {
    const { surface, ...fault } = bodyOf(request)
    controlled.fault(text(surface, "surface") as Surface, fault as unknown as Fault)
    return {}
  }
  if (is("GET", "faults", 0)) return controlled.faults()
  if (is("DELETE", "faults", 0)) {
    controlled.clearFaults()
    return {}
  }
  if (is("GET", "clock", 0)) return { now: controlled.now() }
  if (is("POST", "clock", 0)) {
    const { advance, ...more } = bodyOf(request)
    checkMembers(more, [], "The body besides advance")
    if (typeof advance !== "string" && typeof advance !== "number")
      throw new Wrong(400, "advance must be a length of time")
    if (controlled.advance === undefined) throw new Wrong(409, "The clock is the machine's: start with --clock manual")
    await controlled.advance(advance)
    return { now: controlled.now() }
  }
  if (is("POST", "approve", 0)) {
    const { url, ...options } = bodyOf(request)
    return { callback: await controlled.approve(text(url, "url"), options) }
  }
  if (is("POST", "redirect-uris", 0)) {
    const { redirectUri, ...more } = bodyOf(request)
    checkMembers(more, [], "The body besides redirectUri")
    controlled.registerRedirectUri(text(redirectUri, "redirectUri"))
    return {}
  }
  if (what === "companies" && rest.length === 1 && method === "POST") {
    const { functions, ...definition } = bodyOf(request)
    if (functions !== undefined) throw new Wrong(400, "functions cannot be defined over HTTP")
    controlled.define(rest[0] ?? "", definition)
    return {}
  }
  if (what === "companies" && rest.length === 2 && method === "GET")
    return controlled.records(rest[0] ?? "", rest[1] ?? "")
  if (method === "POST" && Object.hasOwn(controlled.controls, what) && rest.length === 1) {
    return call(controlled.controls[what] ?? {}, rest[0] ?? "", request)
  }
  throw new Wrong(404, `${method} ${path} is nothing of the control API`)
}

const call = async (target: object, name: string, request: FrontRequest): Promise<unknown> => {
  const given: unknown = parsed(request)
  const found = Object.hasOwn(target, name) ? (target as Readonly<Record<string, unknown>>)[name] : undefined
  if (typeof found !== "function") throw new Wrong(404, `There is no ${name} to be called`)
  if (!Array.isArray(given)) throw new Wrong(400, "The body must be the list of the arguments")
  const run = found as (...given: ReadonlyArray<unknown>) => unknown
  return { result: (await run.apply(target, given)) ?? null }
}

const parsed = ({ body }: FrontRequest): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    throw new Wrong(400, "The body is no JSON")
  }
}

const bodyOf = (request: FrontRequest): Readonly<Record<string, unknown>> => {
  const body = parsed(request)
  if (!isObject(body)) throw new Wrong(400, "The body must be an object")
  return body
}

const text = (value: unknown, name: string): string => {
  if (typeof value === "string" && value !== "") return value
  throw new Wrong(400, `${name} must be text`)
}

const decoded = (step: string): string => {
  try {
    return decodeURIComponent(step)
  } catch {
    throw new Wrong(400, "The path is not encoded as it should be")
  }
}
