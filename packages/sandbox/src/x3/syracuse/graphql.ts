import type * as GraphQL from "graphql"
import { notPlayedNumber, notPlayedText } from "../../notPlayed.ts"
import { answered, EarlyAnswer, json } from "../../oauth/answers.ts"
import { isObject, mediaType, parseJson } from "../../oauth/params.ts"
import type { SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import { readableFields } from "./rest.ts"
import type { SyracuseState } from "./state.ts"
import {
  type Field,
  type FieldValue,
  type Folder,
  order,
  type Records,
  type Table,
  tables,
  type X3Record
} from "./tables.ts"
import type { X3User } from "./users.ts"

const problem = (status: number, message: string): SurfaceResponse =>
  json(status, { errors: [{ message }], extensions: {} })

const typeName = ({ graphql }: Table): string => graphql.node.charAt(0).toUpperCase() + graphql.node.slice(1)

const scalar = ({ type }: Field): string => ({ Char: "String", Date: "Date", Integer: "Int", Decimal: "Decimal" })[type]

const packages = [...new Set(tables.map(({ graphql }) => graphql.package))]

const sdl = `scalar Date
scalar Decimal
type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
${tables
  .map((table) => {
    const type = typeName(table)
    return `type ${type} { _id: String! ${table.fields.map((field) => `${field.graphql}: ${scalar(field)}`).join(" ")} }
type ${type}Edge { cursor: String! node: ${type}! }
type ${type}Connection { edges: [${type}Edge!]! pageInfo: PageInfo! totalCount: Int! }
type ${type}Operations {
  query(filter: String, orderBy: String, first: Int, after: String, last: Int, before: String): ${type}Connection
  read(_id: String!): ${type}
}`
  })
  .join("\n")}
${packages
  .map(
    (name) =>
      `type ${name.charAt(0).toUpperCase()}${name.slice(1)} { ${tables
        .filter(({ graphql }) => graphql.package === name)
        .map((table) => `${table.graphql.node}: ${typeName(table)}Operations`)
        .join(" ")} }`
  )
  .join("\n")}
type Query { ${packages.map((name) => `${name}: ${name.charAt(0).toUpperCase()}${name.slice(1)}`).join(" ")} }
`

interface Engine {
  readonly library: typeof GraphQL
  readonly schema: GraphQL.GraphQLSchema
}

let loaded: Promise<Engine> | undefined

const load = (): Promise<Engine> =>
  (loaded ??= import("graphql").then((library) => ({ library, schema: library.buildSchema(sdl) })))

// What one answer can grow to.
const mostTokens = 5000
const mostNodes = 500

/** Serves a request of a user. */
export const graphql = (state: SyracuseState, request: SurfaceRequest, user: X3User): Promise<SurfaceResponse> =>
  answered(async () => {
    const endpoint = request.headers["x-xtrem-endpoint"]
    if (endpoint === undefined || endpoint === "") return problem(400, "The header x-xtrem-endpoint is missing")
    if (request.method !== "POST") return { ...problem(405, "Use POST"), headers: { allow: "POST" } }
    if (mediaType(request.headers["content-type"]) !== "application/json") {
      return problem(415, "The body must be application/json")
    }
    return run(folderOf(state, endpoint, user), user, request.body)
  })

/** A request that came by another way than the server's own port. */
export interface ForwardedGraphQL {
  readonly endpoint: string
  /** Whom it acts as; undefined for a business domain, which may read everything. */
  readonly login: string | undefined
  readonly body: string
}

/** Serves a request that somebody else has authenticated. */
export const forwardedGraphQL = (state: SyracuseState, call: ForwardedGraphQL): Promise<SurfaceResponse> =>
  answered(async () => {
    const user = call.login === undefined ? everybody(state) : state.users.get(call.login)
    if (user?.active !== true) return problem(403, `User ${call.login} does not exist`)
    return run(folderOf(state, call.endpoint, user), user, call.body)
  })

const everybody = (state: SyracuseState): X3User => ({
  login: "",
  password: undefined,
  email: "",
  method: "Standard",
  endpoints: new Set(state.endpoints.keys()),
  administrator: false,
  hiddenFields: new Set(),
  active: true
})

const run = async (folder: Folder, user: X3User, body: string): Promise<SurfaceResponse> => {
  const { query, variables, operationName } = readBody(body)
  const { library, schema } = await load()
  let document: GraphQL.DocumentNode
  try {
    document = library.parse(query, { maxTokens: mostTokens })
  } catch (error) {
    if (error instanceof library.GraphQLError) return json(400, { errors: [error.toJSON()], extensions: {} })
    throw error
  }
  const invalid = library.validate(schema, document)
  if (invalid.length > 0) return json(400, { errors: invalid.map(withItsReason), extensions: {} })
  const result = await library.execute({
    schema,
    document,
    rootValue: rootOf(library, folder, user),
    variableValues: variables,
    operationName
  })
  // Without data nothing was executed at all: an operation that is not there, or a variable of the wrong type.
  return json(result.data === undefined ? 400 : 200, {
    ...(result.data === undefined ? {} : { data: result.data }),
    ...(result.errors === undefined ? {} : { errors: result.errors.map(withItsReason) }),
    extensions: {}
  })
}

/** The part of X3's schema that the sandbox has decides about names, so that these may be right. */
const partOfSchema =
  /^(?:Cannot query field|Unknown argument|Unknown type|The (?:mutation|subscription) operation is not supported)/

const withItsReason = (error: GraphQL.GraphQLError): object => {
  const told = error.toJSON()
  if (!partOfSchema.test(told.message)) return told
  const message = `${told.message} ${notPlayedText("it: it has a part of X3's schema", "X3")}`
  return { ...told, message, extensions: { ...told.extensions, code: notPlayedNumber } }
}

const notPlayed = (library: Library, what: string): GraphQL.GraphQLError =>
  new library.GraphQLError(notPlayedText(what, "X3"), { extensions: { code: notPlayedNumber } })

const refuse = (status: number, message: string): never => {
  throw new EarlyAnswer(problem(status, message))
}

const folderOf = (state: SyracuseState, endpoint: string, user: X3User): Folder => {
  const folder = state.endpoints.get(endpoint)
  if (folder === undefined) return refuse(400, `The endpoint ${endpoint} does not exist`)
  if (!user.endpoints.has(endpoint)) return refuse(403, `User ${user.login} is not mapped for endpoint ${endpoint}`)
  return folder
}

interface GraphqlBody {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly operationName: string | undefined
}

/** The name of the operation that a body asks for, for the log and for faults. */
export const operationNameOf = (text: string): string | undefined => {
  const body = parseJson(text)
  const name = isObject(body) ? body["operationName"] : undefined
  return typeof name === "string" && name !== "" ? name : undefined
}

const readBody = (text: string): GraphqlBody => {
  const body = parseJson(text)
  if (Array.isArray(body)) return refuse(400, notPlayedText("several operations in one request", "X3"))
  if (!isObject(body) || typeof body["query"] !== "string") return refuse(400, "The body has no query")
  const unknown = Object.keys(body).find((name) => !["query", "variables", "operationName"].includes(name))
  if (unknown !== undefined) return refuse(400, notPlayedText(`${unknown} of a request`, "X3"))
  const variables = body["variables"] ?? {}
  if (!isObject(variables)) return refuse(400, "variables must be an object")
  return { query: body["query"], variables, operationName: operationNameOf(text) }
}

type Library = typeof GraphQL

/** Whatever the query asks of the root is resolved by these functions. */
const rootOf = (library: Library, folder: Folder, user: X3User): object =>
  Object.fromEntries(
    packages.map((name) => [
      name,
      Object.fromEntries(
        [...folder.values()]
          .filter(({ table }) => table.graphql.package === name)
          .map((records) => [records.table.graphql.node, operationsOf(library, records, user)])
      )
    ])
  )

interface QueryArguments {
  readonly filter?: string | null
  readonly orderBy?: string | null
  readonly first?: number | null
  readonly after?: string | null
  readonly last?: number | null
  readonly before?: string | null
}

const operationsOf = (library: Library, records: Records, user: X3User): object => {
  const readable = readableFields(records, user)
  const node = (record: X3Record): object => ({
    _id: records.keyOf(record),
    ...Object.fromEntries(
      records.table.fields.map((field) => [
        field.graphql,
        readable.has(field.name)
          ? record[field.name]
          : () => {
              throw new library.GraphQLError(
                `User ${user.login} may not read ${typeName(records.table)}.${field.graphql}`
              )
            }
      ])
    )
  })
  return {
    query: (given: QueryArguments) => connection(library, records, readable, given, node),
    read: ({ _id }: { readonly _id: string }) => {
      const record = records.all().find((each) => records.keyOf(each) === _id)
      return record === undefined ? null : node(record)
    }
  }
}

const connection = (
  library: Library,
  records: Records,
  readable: Pick<ReadonlySet<string>, "has">,
  given: QueryArguments,
  node: (record: X3Record) => object
): object => {
  const fields = new Map(
    records.table.fields.filter(({ name }) => readable.has(name)).map((field) => [field.graphql, field])
  )
  const fits = filterOf(library, given.filter ?? "", fields)
  const compare = orderOf(library, given.orderBy ?? "", fields)
  const rows = records.all().filter(fits).toSorted(compare)
  const cursors = rows.map((record) => Buffer.from(records.keyOf(record)).toString("base64url"))
  const place = (name: "after" | "before", cursor: string): number => {
    const index = cursors.indexOf(cursor)
    if (index < 0) throw new library.GraphQLError(`${name} is no cursor of this list`)
    return index
  }
  const start = given.after == null ? 0 : place("after", given.after) + 1
  const end = given.before == null ? rows.length : place("before", given.before)
  const { from, to } = slice(library, Math.min(start, end), end, given)
  return {
    edges: rows.slice(from, to).map((record, index) => ({ cursor: cursors[from + index], node: node(record) })),
    totalCount: rows.length,
    pageInfo: {
      hasNextPage: to < rows.length,
      hasPreviousPage: from > 0,
      startCursor: to > from ? cursors[from] : null,
      endCursor: to > from ? cursors[to - 1] : null
    }
  }
}

const defaultNodes = 20

const slice = (
  library: Library,
  start: number,
  end: number,
  { first, last }: QueryArguments
): { readonly from: number; readonly to: number } => {
  for (const count of [first, last]) {
    if (count != null && (count < 0 || count > mostNodes)) {
      throw new library.GraphQLError(`first and last go from 0 to ${mostNodes}`)
    }
  }
  if (first != null && last != null) throw notPlayed(library, "first and last together")
  if (last != null) return { from: Math.max(start, end - last), to: end }
  return { from: start, to: Math.min(end, start + (first ?? defaultNodes)) }
}

/** The value of text such as `{ code: { _eq: 'C0001' } }`: JSON with names in any quotes or none. */
const looseJson = (library: Library, text: string, name: string): Readonly<Record<string, unknown>> => {
  const literal = text.replace(
    /(["'])((?:\\.|(?!\1)[^\\])*)\1(\s*:)?/gs,
    (_, quote: string, inner: string, colon: string | undefined) => {
      const plain = quote === "'" ? inner.replaceAll(String.raw`\'`, "'").replace(/(?<!\\)"/g, String.raw`\"`) : inner
      return colon !== undefined && /^\w+$/.test(plain) ? `${plain}${colon}` : `"${plain}"${colon ?? ""}`
    }
  )
  let repeated: string | undefined
  try {
    const parsed = library.parseConstValue(literal, { maxTokens: mostTokens })
    // The last of two would win without a word.
    library.visit(parsed, {
      ObjectValue: ({ fields }) => {
        const names = fields.map((field) => field.name.value)
        const twice = names.find((each, index) => names.indexOf(each) !== index)
        if (twice !== undefined) repeated ??= twice
      }
    })
    const value: unknown = library.valueFromASTUntyped(parsed)
    if (isObject(value) && repeated === undefined) return value
  } catch (error) {
    if (!(error instanceof library.GraphQLError)) throw error
  }
  throw new library.GraphQLError(repeated === undefined ? `${name} is no object` : `${name} has ${repeated} twice`)
}

type Test = (value: FieldValue, wanted: unknown) => boolean

const comparable = (value: FieldValue, wanted: unknown): wanted is FieldValue => typeof wanted === typeof value

const tests: Readonly<Record<string, Test>> = {
  _eq: (value, wanted) => value === wanted,
  _ne: (value, wanted) => value !== wanted,
  _gt: (value, wanted) => comparable(value, wanted) && order(value, wanted) > 0,
  _gte: (value, wanted) => comparable(value, wanted) && order(value, wanted) >= 0,
  _lt: (value, wanted) => comparable(value, wanted) && order(value, wanted) < 0,
  _lte: (value, wanted) => comparable(value, wanted) && order(value, wanted) <= 0,
  _in: (value, wanted) => Array.isArray(wanted) && wanted.includes(value),
  _nin: (value, wanted) => Array.isArray(wanted) && !wanted.includes(value)
}

/** Whether a field can have the value, or each of the list, that an operator compares it with. */
const suits = (field: Field, operator: string, wanted: unknown): boolean => {
  const listed = operator === "_in" || operator === "_nin"
  if (Array.isArray(wanted) !== listed) return false
  const type = field.type === "Char" || field.type === "Date" ? "string" : "number"
  return (listed ? (wanted as ReadonlyArray<unknown>) : [wanted]).every((each) => typeof each === type)
}

const fieldOf = (library: Library, fields: ReadonlyMap<string, Field>, name: string): Field => {
  const known = fields.get(name)
  if (known !== undefined) return known
  // A quantifier or a logical operator in the place of a field.
  if (name.startsWith("_")) throw notPlayed(library, `${name} in filter and orderBy`)
  throw new library.GraphQLError(`${name} is no field that can be used here`)
}

const filterOf = (
  library: Library,
  text: string,
  fields: ReadonlyMap<string, Field>
): ((record: X3Record) => boolean) => {
  if (text.trim() === "") return () => true
  const conditions = Object.entries(looseJson(library, text, "filter")).flatMap(([name, wanted]) => {
    const field = fieldOf(library, fields, name)
    const tested: Readonly<Record<string, unknown>> = isObject(wanted) ? wanted : { _eq: wanted }
    if (Object.keys(tested).length === 0) throw new library.GraphQLError(`${name} is compared with nothing`)
    return Object.entries(tested).map(([operator, value]) => {
      const test = Object.hasOwn(tests, operator) ? tests[operator] : undefined
      if (test === undefined) {
        throw operator.startsWith("_")
          ? notPlayed(library, `the operator ${operator}`)
          : new library.GraphQLError(`${operator} is no operator`)
      }
      if (!suits(field, operator, value))
        throw new library.GraphQLError(`${operator} of ${name} has a value of another type`)
      return (record: X3Record): boolean => test(record[field.name] ?? "", value)
    })
  })
  return (record) => conditions.every((holds) => holds(record))
}

const orderOf = (
  library: Library,
  text: string,
  fields: ReadonlyMap<string, Field>
): ((one: X3Record, other: X3Record) => number) => {
  if (text.trim() === "") return () => 0
  const keys = Object.entries(looseJson(library, text, "orderBy")).map(([name, direction]) => {
    if (direction !== 1 && direction !== -1) throw new library.GraphQLError("orderBy takes 1 and -1")
    return { field: fieldOf(library, fields, name).name, direction }
  })
  return (one, other) => {
    for (const { field, direction } of keys) {
      const sign = order(one[field] ?? "", other[field] ?? "") * direction
      if (sign !== 0) return sign
    }
    return 0
  }
}
