import { EarlyAnswer, json } from "../../oauth/answers.ts"
import { formParams, isObject, type Params, parseJson } from "../../oauth/params.ts"
import type { SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import { diagnosis, methodNotAllowed, notPlayed } from "./answers.ts"
import { entityOf } from "./entities.ts"
import type { SyracuseState } from "./state.ts"
import { order, RecordProblem, type Records, type X3Record } from "./tables.ts"
import type { X3User } from "./users.ts"
import { ConditionProblem, type Fields, readOrderBy, readWhere, type SortKey } from "./where.ts"

/** What a URL of REST names. */
export interface RestTarget {
  /** `"erp"`: a class of an endpoint. `"platform"`: an entity of the server itself. */
  readonly of: "erp" | "platform"
  readonly endpoint: string
  /** The class or the entity, such as `"BPCUSTOMER"` or `"soapClassicPools"`. */
  readonly name: string
  /** What stands in parentheses, if there are any. */
  readonly key: string | undefined
  readonly service: string | undefined
}

const segment = String.raw`([^/()]+)(?:\((.*)\))?`
const erp = new RegExp(String.raw`^x3/erp/([^/]+)/${segment}$`, "s")
const platform = new RegExp(String.raw`^syracuse/collaboration/syracuse/${segment}(?:/\$service/([^/]+))?$`, "s")

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Reads a path below `/api1/` or `/sdata/`. */
export const restTarget = (rest: string): RestTarget | undefined => {
  const plain = decoded(rest)
  const [, endpoint, name, key] = erp.exec(plain) ?? []
  if (endpoint !== undefined && name !== undefined) return { of: "erp", endpoint, name, key, service: undefined }
  const [, entity, alias, service] = platform.exec(plain) ?? []
  return entity === undefined ? undefined : { of: "platform", endpoint: "", name: entity, key: alias, service }
}

/** The key between quotes, in which a quote is written twice. */
const unquoted = (key: string): string => {
  const [, inner] = /^\s*'((?:[^']|'')*)'\s*$/s.exec(key) ?? []
  return inner === undefined ? key.trim() : inner.replaceAll("''", "'")
}

/** The facets that a representation can be seen in. */
const facets = ["$query", "$details", "$edit", "$create"] as const

type Facet = (typeof facets)[number]

/** Serves a request of a user. `prefix` is `/api1/` or `/sdata/`. */
export const rest = (
  state: SyracuseState,
  request: SurfaceRequest,
  user: X3User,
  target: RestTarget | undefined
): SurfaceResponse => {
  try {
    if (target === undefined) return diagnosis(404, "No such resource")
    return target.of === "erp" ? erpAnswer(state, request, user, target) : platformAnswer(state, request, user, target)
  } catch (error) {
    if (error instanceof EarlyAnswer) return error.response
    // X3 answers 200 for what the work on a record brings up.
    if (error instanceof RecordProblem) return diagnosis(200, error.message)
    if (error instanceof ConditionProblem) return diagnosis(400, error.message)
    throw error
  }
}

const refuse = (status: number, message: string): never => {
  throw new EarlyAnswer(diagnosis(status, message))
}

/** @throws `EarlyAnswer` for a parameter of the URL that nothing here looks at, or that comes twice. */
const checkParameters = (params: Params, known: ReadonlyArray<string>): void => {
  const unknown = params.names.find((each) => !known.includes(each))
  if (unknown !== undefined) throw new EarlyAnswer(notPlayed(`the parameter ${unknown} here`))
  const { repeated } = params
  if (repeated !== undefined) refuse(400, `Parameter ${repeated} comes twice`)
}

const listed = ["representation", "count", "where", "orderBy", "key"]

const listParameters = (state: SyracuseState): ReadonlyArray<string> =>
  state.options().reading === "card" ? [...listed, "$top"] : listed

/** The facet that a request asks for. The card's reading makes up for a representation that is left out. */
const facetOf = (
  state: SyracuseState,
  request: SurfaceRequest,
  params: Params,
  representation: string,
  keyed: boolean
): Facet => {
  const given = params.get("representation")
  if (given === undefined) {
    if (state.options().reading !== "card") return refuse(400, "Parameter representation is mandatory")
    if (keyed) return request.method === "PUT" ? "$edit" : "$details"
    return request.method === "POST" ? "$create" : "$query"
  }
  const dot = given.lastIndexOf(".")
  const facet = facets.find((each) => each === given.slice(dot + 1))
  if (dot < 0 || given.slice(0, dot) !== representation || facet === undefined) {
    return refuse(400, `Representation ${given} not found`)
  }
  return facet
}

const erpAnswer = (
  state: SyracuseState,
  request: SurfaceRequest,
  user: X3User,
  target: RestTarget
): SurfaceResponse => {
  const folder = state.endpoints.get(target.endpoint)
  if (folder === undefined) return diagnosis(404, `Endpoint ${target.endpoint} not found`)
  if (!user.endpoints.has(target.endpoint)) {
    return diagnosis(403, `User ${user.login} is not mapped for endpoint ${target.endpoint}`)
  }
  const records = folder.get(target.name)
  if (records === undefined) return notPlayed(`the class ${target.name}`)
  const params = formParams(request.query)
  const facet = facetOf(state, request, params, target.name, target.key !== undefined)
  checkParameters(params, facet === "$query" ? listParameters(state) : ["representation"])
  const key = target.key === undefined ? undefined : unquoted(target.key)
  const shown = (record: X3Record): object => resource(request, target, records, user, record)
  switch (facet) {
    case "$query":
      if (key !== undefined) return diagnosis(400, "$query takes no key")
      if (request.method !== "GET") return methodNotAllowed("GET")
      return list(state, request, params, {
        rows: records.all(),
        fields: readableFields(records, user),
        keyOf: (record) => records.keyOf(record),
        shown
      })
    case "$create":
      if (key !== undefined) return diagnosis(400, "$create takes no key")
      if (request.method === "GET") {
        return json(200, Object.fromEntries(records.table.fields.map(({ name, type }) => [name, blank(type)])))
      }
      if (request.method !== "POST") return methodNotAllowed("GET", "POST")
      return created(request, target, records, records.create(body(request)), shown)
    case "$details":
    case "$edit": {
      if (key === undefined) return diagnosis(400, `${facet} takes a key`)
      const edits = facet === "$edit"
      if (request.method === "GET") return json(200, shown(records.get(key)))
      if (request.method === "PUT" && edits) return json(200, shown(records.update(key, body(request))))
      if (request.method === "DELETE") {
        records.delete(key)
        return json(200, {})
      }
      return edits ? methodNotAllowed("GET", "PUT", "DELETE") : methodNotAllowed("GET", "DELETE")
    }
  }
}

const blank = (type: string): string | number => (type === "Char" || type === "Date" ? "" : 0)

const body = (request: SurfaceRequest): Readonly<Record<string, unknown>> => {
  const value = parseJson(request.body)
  return isObject(value) ? value : refuse(400, "The body is no JSON object")
}

const created = (
  request: SurfaceRequest,
  target: RestTarget,
  records: Records,
  record: X3Record,
  shown: (record: X3Record) => object
): SurfaceResponse =>
  json(201, shown(record), {
    location: `${urlOf(request, target, records.keyOf(record))}?representation=${target.name}.$details`
  })

const originOf = (request: SurfaceRequest): string => `${request.scheme}://${request.host}`

const urlOf = (request: SurfaceRequest, { endpoint, name }: RestTarget, key: string): string =>
  `${originOf(request)}/api1/x3/erp/${encodeURIComponent(endpoint)}/${encodeURIComponent(name)}('${encodeURIComponent(key.replaceAll("'", "''"))}')`

/** The fields of a table that a user may read. */
export const readableFields = ({ table }: Records, user: X3User): Fields =>
  new Map(
    table.fields
      .filter(({ name }) => !user.hiddenFields.has(name))
      .map(({ name, type }) => [name, type === "Char" || type === "Date" ? "text" : "number"])
  )

const resource = (
  request: SurfaceRequest,
  target: RestTarget,
  records: Records,
  user: X3User,
  record: X3Record
): object => {
  const readable = readableFields(records, user)
  const key = records.keyOf(record)
  return {
    $key: key,
    ...Object.fromEntries(Object.entries(record).filter(([name]) => readable.has(name))),
    $links: {
      $details: link(`${urlOf(request, target, key)}?representation=${target.name}.$details`),
      $edit: link(`${urlOf(request, target, key)}?representation=${target.name}.$edit`)
    }
  }
}

const link = ($url: string): object => ({ $url, $type: "application/json;vnd.sage=syracuse", $method: "GET" })

interface Listed {
  readonly rows: ReadonlyArray<X3Record>
  readonly fields: Fields
  readonly keyOf: (record: X3Record) => string
  readonly shown: (record: X3Record) => object
}

const defaultCount = 20
const mostCount = 10_000

const countOf = (state: SyracuseState, params: Params): number => {
  const given = params.get("count") ?? (state.options().reading === "card" ? params.get("$top") : undefined)
  if (given === undefined) return defaultCount
  const count = Number(given)
  if (!Number.isInteger(count) || count < 1 || count > mostCount) return refuse(400, "Parameter count is incorrect")
  return count
}

/** One page of a list, with the ways to the others. */
const list = (state: SyracuseState, request: SurfaceRequest, params: Params, listed: Listed): SurfaceResponse => {
  const count = countOf(state, params)
  const where = params.get("where")
  const orderBy = params.get("orderBy")
  const sort = orderBy === undefined ? [] : readOrderBy(orderBy, listed.fields)
  const condition = where === undefined ? () => true : readWhere(where, listed.fields)
  const positions = listed.rows
    .filter(condition)
    .map((record) => ({ record, position: [...sort.map(({ name }) => record[name] ?? ""), listed.keyOf(record)] }))
  const compare = comparePositions(sort)
  positions.sort((one, other) => compare(one.position, other.position))
  const { from, to } = window(
    params.get("key"),
    positions.map(({ position }) => position),
    compare,
    count
  )
  const page = positions.slice(from, to)
  const more = (key: string | undefined): object => {
    const query = new URLSearchParams(request.query)
    query.delete("key")
    if (key !== undefined) query.set("key", key)
    return link(`${originOf(request)}${request.path}?${query.toString()}`)
  }
  const first = page[0]
  const last = page.at(-1)
  return json(200, {
    $itemsPerPage: count,
    $resources: page.map(({ record }) => listed.shown(record)),
    $links: {
      ...(from === 0 ? {} : { $first: more(undefined) }),
      ...(from === 0 || first === undefined ? {} : { $prev: more(`lt.${positionText(first.position)}`) }),
      ...(to >= positions.length || last === undefined ? {} : { $next: more(`gt.${positionText(last.position)}`) }),
      ...(to >= positions.length ? {} : { $last: more("lst.") })
    }
  })
}

/** Where a record stands in a list: the values that it is sorted by, and its key. */
type Position = ReadonlyArray<string | number>

const comparePositions =
  (sort: ReadonlyArray<SortKey>) =>
  (one: Position, other: Position): number => {
    for (let index = 0; index < one.length; index++) {
      const sign = order(one[index] ?? "", other[index] ?? "")
      if (sign !== 0) return sort[index]?.descending === true ? -sign : sign
    }
    return 0
  }

const positionText = (position: Position): string =>
  position.map((value) => encodeURIComponent(value).replaceAll("~", "%7E")).join("~")

// By values and not by number: a page starts right after records were created or deleted meanwhile.
const window = (
  key: string | undefined,
  positions: ReadonlyArray<Position>,
  compare: (one: Position, other: Position) => number,
  count: number
): { readonly from: number; readonly to: number } => {
  if (key === undefined) return { from: 0, to: count }
  if (key === "lst.") return { from: Math.max(0, positions.length - count), to: positions.length }
  const [, side, given = ""] = /^(gt|lt)\.(.*)$/s.exec(key) ?? []
  const sample = positions[0]
  if (side === undefined) return refuse(400, "Parameter key is incorrect")
  if (sample === undefined) return { from: 0, to: 0 }
  const values = given.split("~").map(decoded)
  if (values.length !== sample.length) return refuse(400, "Parameter key is incorrect")
  const position = values.map((value, index) => (typeof sample[index] === "number" ? Number(value) : value))
  if (side === "gt") {
    const after = positions.findIndex((each) => compare(each, position) > 0)
    return after < 0 ? { from: positions.length, to: positions.length } : { from: after, to: after + count }
  }
  const before = positions.filter((each) => compare(each, position) < 0).length
  return { from: Math.max(0, before - count), to: before }
}

const platformAnswer = (
  state: SyracuseState,
  request: SurfaceRequest,
  user: X3User,
  target: RestTarget
): SurfaceResponse => {
  const entity = entityOf(state, target.name)
  if (entity === undefined) return notPlayed(`the entity ${target.name}`)
  if (!user.administrator) return diagnosis(403, `User ${user.login} may not use ${target.name}`)
  const params = formParams(request.query)
  const rows = entity.rows()
  const fields: Fields = new Map([
    [entity.key, "text"],
    ...rows.flatMap((row) =>
      Object.entries(row).map(([name, value]) => [name, typeof value === "number" ? "number" : "text"] as const)
    )
  ])
  const found = target.key === undefined ? undefined : rows.find(selector(target.key, entity.key, fields))
  if (target.service !== undefined) {
    const service = Object.hasOwn(entity.services, target.service) ? entity.services[target.service] : undefined
    if (service === undefined) return notPlayed(`the service ${target.service} of ${target.name}`)
    if (request.method !== "POST") return methodNotAllowed("POST")
    checkParameters(params, [])
    if (found === undefined) throw new RecordProblem("Record does not exist")
    return diagnosis(200, service(String(found[entity.key])), "information")
  }
  const facet = facetOf(state, request, params, entity.representation, target.key !== undefined)
  if (request.method !== "GET") return methodNotAllowed("GET")
  checkParameters(params, facet === "$query" ? listParameters(state) : ["representation"])
  if (facet === "$query" && target.key === undefined) {
    return list(state, request, params, {
      rows,
      fields,
      keyOf: (row) => String(row[entity.key]),
      shown: (row) => row
    })
  }
  if (facet !== "$details" || target.key === undefined) return diagnosis(400, `${facet} cannot be used here`)
  if (found === undefined) throw new RecordProblem("Record does not exist")
  return json(200, found)
}

/** Reads `('X')` and `(alias eq 'X')`. */
const selector = (key: string, name: string, fields: Fields): ((row: X3Record) => boolean) => {
  if (/^\s*'/.test(key) && !/^\s*'(?:[^']|'')*'\s*\S/s.test(key)) {
    const wanted = unquoted(key)
    return (row) => row[name] === wanted
  }
  return readWhere(key, fields)
}
