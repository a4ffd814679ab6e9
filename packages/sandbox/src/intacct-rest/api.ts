import { companyKey } from "../intacct-xml/companies.ts"
import type { IntacctRecord } from "../intacct-xml/records.ts"
import type { Identity } from "../intacct-xml/sessions.ts"
import { EarlyAnswer, json } from "../oauth/answers.ts"
import { isObject, mediaType, type Params, parseJson } from "../oauth/params.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import { type Access, accessOf, entityHeaders } from "./access.ts"
import { createJob, jobStatus } from "./bulk.ts"
import {
  errorBody,
  gatewayError,
  notPlayedProblem,
  operationProblem,
  payloadProblem,
  type Problem,
  resultError
} from "./errors.ts"
import {
  createRecord,
  deleteRecord,
  findObject,
  findShortObject,
  permit,
  recordBody,
  recordOf,
  RecordProblem,
  referenceOf,
  type RestObject,
  shownValue,
  updateRecord,
  visible
} from "./objects.ts"
import { readQuery, runQuery } from "./query.ts"
import { rateHeaders, rateLimited } from "./rateHeaders.ts"
import { keyOfCompany, queryOf, type RestState } from "./state.ts"

const success = { totalCount: 1, totalSuccess: 1, totalError: 0 }

const mostInBatch = 500

/** Everything behind an access token. `rest` is the path below the base. */
export const api = (state: RestState, request: SurfaceRequest, rest: string): SurfaceResponse => {
  const access = accessOf(state, request)
  const company = keyOfCompany(access.identity.company)
  const now = state.xml.clock.now()
  if (state.rates.of(company, now).hour >= state.options().requestsPerHour) return rateLimited(state, company, 429)
  state.rates.count(company, now)
  const answer = respond(state, request, rest, access)
  return { ...answer, headers: { ...answer.headers, ...rateHeaders(state, company) } }
}

const respond = (state: RestState, request: SurfaceRequest, rest: string, access: Access): SurfaceResponse => {
  try {
    return dispatch(state, request, rest, access)
  } catch (error) {
    if (error instanceof EarlyAnswer) return error.response
    if (error instanceof RecordProblem) return resultError(error.problem)
    throw error
  }
}

const dispatch = (state: RestState, request: SurfaceRequest, rest: string, access: Access): SurfaceResponse => {
  const { identity } = access
  const only = (
    method: string,
    work: () => SurfaceResponse,
    parameters: ReadonlyArray<string> = []
  ): SurfaceResponse => {
    if (request.method !== method) return methodNotAllowed(method)
    checkParameters(request, parameters)
    return work()
  }
  checkHeaders(state, request)
  switch (rest) {
    case "services/core/session/id":
      if (!state.options().interchangeable) return resultError(operationProblem(`No resource answers at /${rest}`, 404))
      return only("GET", () =>
        json(200, {
          "ia::result": {
            sessionId: state.grants.sessionOf(access.token, request.host),
            expiresIn: state.options().sessionExpiresIn
          },
          "ia::meta": success
        })
      )
    case "services/core/query":
      return only("POST", () => query(state, request, identity))
    case "services/bulk/job/create":
      return only("POST", () => once(state, request, identity, () => createJob(state, request, identity)))
    case "services/bulk/job/status":
      return only("GET", () => jobStatus(state, request, identity), ["jobId", "download"])
  }
  const short = state.options().shortObjectNames ? /^objects\/([^/]+)(?:\/([^/]+))?\/?$/.exec(rest) : null
  const shortObject = findShortObject(short?.[1] ?? "")
  const [, name = "", keys] =
    (shortObject === undefined ? /^objects\/([^/]+\/[^/]+)(?:\/([^/]+))?\/?$/.exec(rest) : short) ?? []
  const object = shortObject ?? findObject(name)
  if (object === undefined) {
    const ofIntacct = name !== "" || /^(?:services|workflows)\/./.test(rest)
    return resultError(
      ofIntacct ? notPlayedProblem(`/${rest}`) : operationProblem(`No resource answers at /${rest}`, 404)
    )
  }
  return records(state, request, identity, object, keys === undefined ? undefined : decoded(keys).split(","))
}

/** @throws `RecordProblem` for a parameter of the URL that nothing here looks at, or that comes twice. */
const checkParameters = (request: SurfaceRequest, known: ReadonlyArray<string>): void => {
  const params = queryOf(request)
  const unknown = params.names.find((each) => !known.includes(each))
  if (unknown !== undefined) throw new RecordProblem(notPlayedProblem(`the parameter ${unknown} of ${request.method}`))
  const { repeated } = params
  if (repeated !== undefined) throw new RecordProblem(payloadProblem(`The parameter ${repeated} comes twice`))
}

/** Intacct's own, also where a copy of its page leaves out the last hyphen. */
const prefix = "x-ia-api-param"

/** @throws `RecordProblem` for a header of Intacct's that nothing here looks at, or whose value cannot be read. */
const checkHeaders = (state: RestState, { headers }: SurfaceRequest): void => {
  const known = new Set([`${prefix}-transaction`, ...entityHeaders(state)])
  const unknown = Object.keys(headers).find((name) => name.startsWith(prefix) && !known.has(name))
  if (unknown !== undefined) throw new RecordProblem(notPlayedProblem(`the header ${unknown}`))
  if (!/^(?:true|false)?$/i.test(headers[`${prefix}-transaction`] ?? "")) {
    throw new RecordProblem(payloadProblem("X-IA-API-Param-Transaction is true or false"))
  }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const methodNotAllowed = (...allowed: ReadonlyArray<string>): SurfaceResponse => {
  const problem: Problem = { ...operationProblem("The method is not allowed here"), status: 405 }
  const answer = resultError(problem)
  return { ...answer, headers: { ...answer.headers, allow: allowed.join(", ") } }
}

const once = (
  state: RestState,
  request: SurfaceRequest,
  identity: Identity,
  work: () => SurfaceResponse
): SurfaceResponse =>
  state.idempotency.once(companyKey(identity.company.companyId), request, state.xml.clock.now(), () => {
    try {
      return work()
    } catch (error) {
      // A failure is kept like any other answer.
      if (error instanceof RecordProblem) return resultError(error.problem)
      throw error
    }
  })

const count = (state: RestState, identity: Identity, name: string, times = 1): void => {
  for (let index = 0; index < times; index++) {
    state.xml.transactions.count(keyOfCompany(identity.company), `rest-${name}`)
  }
}

const records = (
  state: RestState,
  request: SurfaceRequest,
  identity: Identity,
  object: RestObject,
  keys: ReadonlyArray<string> | undefined
): SurfaceResponse => {
  checkParameters(request, request.method === "GET" && keys === undefined ? ["start", "size"] : [])
  switch (request.method) {
    case "GET":
      permit(identity, object, "read")
      if (keys === undefined) {
        count(state, identity, "read")
        return list(request, identity, object)
      }
      count(state, identity, "read", keys.length)
      return each(state, request, identity, keys, 200, (key) => recordBody(object, recordOf(identity, object, key)))
    case "POST":
      if (keys !== undefined) return methodNotAllowed("GET", "PATCH", "DELETE")
      return once(state, request, identity, () => write(state, request, identity, object, undefined))
    case "PATCH":
      return once(state, request, identity, () => write(state, request, identity, object, keys))
    case "DELETE": {
      if (keys === undefined) return methodNotAllowed("GET", "POST", "PATCH")
      permit(identity, object, "delete")
      count(state, identity, "delete", keys.length)
      const answer = each(state, request, identity, keys, 204, (key) => {
        deleteRecord(identity, object, key)
        return {}
      })
      return answer.status === 204 ? { status: 204, headers: {}, body: "" } : answer
    }
    default:
      return keys === undefined ? methodNotAllowed("GET", "POST", "PATCH") : methodNotAllowed("GET", "PATCH", "DELETE")
  }
}

const write = (
  state: RestState,
  request: SurfaceRequest,
  identity: Identity,
  object: RestObject,
  keys: ReadonlyArray<string> | undefined
): SurfaceResponse => {
  const creates = request.method === "POST"
  permit(identity, object, creates ? "create" : "update")
  const given = payload(request)
  const bodies = Array.isArray(given) ? (given as ReadonlyArray<unknown>) : [given]
  const now = state.xml.clock.now()
  count(state, identity, creates ? "create" : "update", bodies.length)
  const named = bodies.find((body) => isObject(body) && "key" in body)
  if (creates && named !== undefined)
    throw new RecordProblem(payloadProblem("Payload contains errors: key is read only"))
  if (creates) {
    return each(state, request, identity, Array.isArray(given) ? bodies : given, 201, (body) =>
      referenceOf(object, createRecord(identity, object, body, now))
    )
  }
  const [key, ...more] = keys ?? []
  if (more.length > 0 || (key !== undefined && Array.isArray(given))) {
    throw new RecordProblem(payloadProblem("Payload contains errors: a list has the keys of its records in them"))
  }
  if (key !== undefined && isObject(named) && String(named["key"]) !== key) {
    throw new RecordProblem(payloadProblem("Payload contains errors: key is not that of the URL"))
  }
  return each(state, request, identity, Array.isArray(given) ? bodies : given, 200, (body) =>
    referenceOf(object, updateRecord(identity, object, key ?? keyIn(body), body, now))
  )
}

const keyIn = (body: unknown): string => {
  const key = isObject(body) ? body["key"] : undefined
  if (typeof key === "string" || typeof key === "number") return String(key)
  throw new RecordProblem(payloadProblem("Payload contains errors: key is missing"))
}

/** @throws `RecordProblem` for a body that is missing or no JSON, `EarlyAnswer` for XML. */
const payload = (request: SurfaceRequest): unknown => {
  if (request.body.trim() === "") {
    throw new RecordProblem({
      status: 400,
      code: "invalidRequest",
      message: `A ${request.method} request requires a payload`,
      errorId: "REST-1028",
      messageId: "IA.REQUEST_REQUIRES_A_PAYLOAD",
      placeholders: { OPERATION: request.method }
    })
  }
  if (mediaType(request.headers["content-type"]) !== "application/json")
    throw new EarlyAnswer(gatewayError(400, "GW-0014"))
  const value = parseJson(request.body)
  if (value === undefined) throw new RecordProblem(payloadProblem("Payload contains errors", "REST-1043"))
  return value
}

/**
 * Does something to one record or to each of a batch, which fails in part, or with the transaction header as a whole.
 */
const each = <Item>(
  state: RestState,
  request: SurfaceRequest,
  identity: Identity,
  given: Item | ReadonlyArray<Item>,
  status: number,
  work: (item: Item) => object
): SurfaceResponse => {
  const items = Array.isArray(given) ? (given as ReadonlyArray<Item>) : undefined
  if (items === undefined || (items.length === 1 && request.method !== "POST" && request.method !== "PATCH")) {
    return json(status, {
      "ia::result": work(items === undefined ? (given as Item) : (items[0] as Item)),
      "ia::meta": success
    })
  }
  if (items.length > mostInBatch) {
    throw new RecordProblem(payloadProblem(`Payload contains errors: a batch has at most ${mostInBatch} records`))
  }
  const atomic = request.headers["x-ia-api-param-transaction"]?.toLowerCase() === "true"
  const results: Array<object> = []
  let errors = 0
  identity.company.records.transaction(() => {
    for (const item of items) {
      try {
        results.push({ ...work(item), "ia::status": status })
      } catch (error) {
        if (!(error instanceof RecordProblem)) throw error
        errors++
        results.push({ "ia::status": error.problem.status, "ia::error": errorBody(error.problem) })
      }
    }
    return !atomic || errors === 0
  })
  const meta =
    atomic && errors > 0
      ? { totalCount: items.length, totalSuccess: 0, totalError: items.length }
      : { totalCount: items.length, totalSuccess: items.length - errors, totalError: errors }
  return json(errors > 0 ? (atomic ? 422 : 207) : status, { "ia::result": results, "ia::meta": meta })
}

const list = (request: SurfaceRequest, identity: Identity, object: RestObject): SurfaceResponse => {
  const params = queryOf(request)
  const start = wholeNumber(params, "start", 1)
  const size = Math.min(wholeNumber(params, "size", 100), 1000)
  const found = visible(identity, object)
  const page = found.slice(start - 1, start - 1 + size)
  return json(200, {
    "ia::result": page.map((record) => referenceOf(object, record)),
    "ia::meta": pageMeta(found, start, size)
  })
}

const pageMeta = (found: ReadonlyArray<IntacctRecord>, start: number, pageSize: number): object => ({
  totalCount: found.length,
  start,
  pageSize,
  next: start + pageSize <= found.length ? start + pageSize : null,
  previous: start > 1 ? Math.max(start - pageSize, 1) : null
})

const wholeNumber = (params: Params, name: string, otherwise: number): number => {
  const text = params.get(name)
  if (text === undefined) return otherwise
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new RecordProblem(payloadProblem(`${name} must be a whole number from 1`))
}

const query = (state: RestState, request: SurfaceRequest, identity: Identity): SurfaceResponse => {
  const body = payload(request)
  if (Array.isArray(body)) throw new RecordProblem(notPlayedProblem("several queries in one request"))
  if (!isObject(body)) throw new RecordProblem(payloadProblem("Payload contains errors"))
  const named = body["object"]
  if (typeof named !== "string" || named === "")
    throw new RecordProblem(payloadProblem("Payload contains errors: object"))
  const object = findObject(named)
  if (object === undefined) throw new RecordProblem(notPlayedProblem(`the object ${named} of a query`))
  permit(identity, object, "read")
  count(state, identity, "query")
  const read = readQuery(object, body)
  const found = runQuery(read, visible(identity, object))
  const page = found.slice(read.start - 1, read.start - 1 + read.size)
  return json(200, {
    "ia::result": page.map((record) =>
      Object.fromEntries(read.fields.map(([name, field]) => [name, shownValue(object, name, record[field] ?? "")]))
    ),
    "ia::meta": pageMeta(found, read.start, read.size)
  })
}
