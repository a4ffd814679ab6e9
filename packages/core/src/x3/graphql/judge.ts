import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import type { CallVerdict } from "../../calls/CallRules.ts"
import { mostLevels, isAway } from "../../transport/Answer.ts"
import { failure, type Place, type SageAuthError } from "../../errors/SageAuthError.ts"
import type { CatalogueId } from "../../errors/catalogue.ts"
import { maskSecrets } from "../../errors/maskSecrets.ts"
import { type Body, errorOf, parseBody, wordsOf } from "../../oauth2/errorBody.ts"
import type { GraphQLAnswer, GraphQLError, QueryReasons } from "./X3GraphQLClient.ts"
import type { ReadPage } from "../../paging/readPages.ts"

const numbered: Readonly<Record<string, CatalogueId>> = {
  "21": "x3-graphql.error-21",
  "41": "x3-graphql.error-41",
  "42": "x3-graphql.error-42",
  "45": "x3-graphql.error-45",
  "50": "x3-graphql.error-50"
}

/** A refused token, by the number that the server gives. */
interface TokenRefusal {
  readonly id: CatalogueId
  /** as the server writes it, such as `Error 45` */
  readonly code: string | undefined
}

/** Reads `Error NN: Invalid token`. The full list of numbers is not published. */
const readTokenRefusal = (text: string): TokenRefusal => {
  const number = /\berror\s+(\d{1,4})\b/i.exec(text.slice(0, 1_000))?.[1]
  return {
    id: (number === undefined ? undefined : numbered[number]) ?? "x3-graphql.token-rejected",
    code: number === undefined ? undefined : `Error ${number}`
  }
}

/** An answer to a document, read whole. */
export interface GraphQLResponse {
  readonly status: number
  readonly text: string
}

/** What an answer is read with. */
export interface AnswerReading {
  readonly place: Place
  readonly kind: "app" | "basic"
  /** everything secret that was sent: the answer may quote it */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
}

const errorsOf = (body: object): ReadonlyArray<GraphQLError> => {
  const errors = Predicate.hasProperty(body, "errors") && Array.isArray(body.errors) ? body.errors : []
  return errors.filter(
    (each): each is GraphQLError => Predicate.hasProperty(each, "message") && typeof each.message === "string"
  )
}

/** Words of a document that was not run. Source: developer.sage.com, X3, GraphQL, API error codes. */
const unfit =
  /cannot query field|unknown (?:argument|type|fragment|operation|directive)|syntax error|is not defined by|expected type|must (?:not )?have a selection|of required type|variable "\$/i

/** Words of missing rights; no list of them is published. */
const denied =
  /permission|may not |not (?:allowed|authori[sz]ed|permitted)|unauthori[sz]ed|forbidden|access (?:is )?denied|no access/i

const codeOf = ({ extensions }: GraphQLError): string | undefined => {
  const code = Predicate.hasProperty(extensions, "code") ? extensions.code : undefined
  return typeof code === "string" && /^[\w.-]{1,60}$/.test(code) ? code : undefined
}

const meaningOf = (errors: ReadonlyArray<GraphQLError>): CatalogueId => {
  const errorTexts = errors.map((error) => `${error.message} ${codeOf(error) ?? ""}`)
  if (errorTexts.some((words) => unfit.test(words))) return "x3-graphql.document-rejected"
  return errorTexts.some((words) => denied.test(words))
    ? "x3-graphql.errors-beside-data"
    : "x3-graphql.execution-failed"
}

/**
 * Where there is no GraphQL API, the classic server answers with 404, its login page, or a redirect to it. A page with
 * a status of failure is a proxy's.
 */
const isAbsent = (status: number, body: Body): boolean =>
  status === 404 ||
  (status >= 300 && status < 400) ||
  // a refusal may be told with a page as well
  (body.kind === "html" && status < 500 && status !== 401 && status !== 403)

const refusalOf = (status: number, body: Body, kind: AnswerReading["kind"]): CatalogueId => {
  if (status === 401 && kind === "basic") return "x3-graphql.basic-rejected"
  if (status === 403) return "x3-graphql.forbidden"
  if (status === 429 || status >= 500) return "x3-graphql.service-unavailable"
  if (status >= 400) {
    const errors = body.kind === "json" && Predicate.isObject(body.value) ? errorsOf(body.value) : []
    // without words of its own, 400 is what a document gets that does not fit
    if (errors.length > 0 && meaningOf(errors) !== "x3-graphql.execution-failed") return meaningOf(errors)
    return status === 400 ? "x3-graphql.document-rejected" : "x3-graphql.request-rejected"
  }
  return "x3-graphql.unreadable-answer"
}

/** What a query brought, or why it brought nothing. */
export const readAnswer = <D>(
  { status, text }: GraphQLResponse,
  { kind, place, secrets }: AnswerReading
): GraphQLAnswer<D> | SageAuthError<QueryReasons> => {
  const body = parseBody(text)
  const json = body.kind === "json" && Predicate.isObject(body.value) ? body.value : undefined
  if (status >= 200 && status < 300 && json !== undefined) {
    const errors = errorsOf(json)
    const data = Predicate.hasProperty(json, "data") ? json.data : undefined
    if (Predicate.isObject(data)) return { data: data as D, errors }
    if (errors.length > 0) {
      const words = wordsOf(errorOf(body), secrets)
      const own = errors.map(codeOf).find((each) => each !== undefined)
      const code = words.code ?? (own === undefined ? undefined : maskSecrets(own, secrets))
      return failure<QueryReasons>(meaningOf(errors), { ...place, message: words.text, code })
    }
  }
  if (isAbsent(status, body)) {
    return failure<QueryReasons>("x3-graphql.services-missing", {
      ...place,
      code: String(status),
      issues: [
        {
          option: place.connection === undefined ? "url" : `connections.${place.connection}.url`,
          expected: "the address of a GraphQL API, which needs Sage X3 Services 2021 R2 or later"
        }
      ]
    })
  }
  const words = wordsOf(errorOf(body), secrets)
  if (status === 401 && kind === "app") {
    return failure<QueryReasons>(readTokenRefusal(text).id, { ...place, code: readTokenRefusal(text).code })
  }
  const said = body.kind === "deep" ? `JSON that nests deeper than ${mostLevels} levels` : words.text
  return failure<QueryReasons>(refusalOf(status, body, kind), {
    ...place,
    message: `the answer was HTTP ${status}${said === undefined ? "" : `: ${said}`}`,
    code: words.code ?? String(status),
    supportId: words.supportId
  })
}

/** What an answer says about the credential. A login that was refused is not sent again; a token is made anew once. */
export const judgeFor =
  (kind: "app" | "basic") =>
  ({ status }: Response): CallVerdict => {
    if (status === 429) return "rate-limited"
    if (isAway(status)) return "unavailable"
    if (status !== 401) return "accepted"
    return kind === "basic" ? "credential-refused" : "credential-dead"
  }

/** A list as the Relay specification of cursor connections has it, and X3 with it. */
interface Connection {
  readonly edges: ReadonlyArray<unknown>
  readonly pageInfo: object
  readonly totalCount?: unknown
}

const isConnection = (value: unknown): value is Connection =>
  Predicate.hasProperty(value, "edges") &&
  Array.isArray(value.edges) &&
  Predicate.hasProperty(value, "pageInfo") &&
  Predicate.isObject(value.pageInfo)

/** deeper than any document that lists something */
const deepest = 20

/** The lists of an answer, those inside of their records left out. */
const connectionsIn = (value: unknown, depth = 0): ReadonlyArray<Connection> => {
  if (isConnection(value)) return [value]
  if (depth > deepest || !Predicate.isObject(value) || Array.isArray(value)) return []
  return Object.values(value).flatMap((each) => connectionsIn(each, depth + 1))
}

/** What is wrong with a document by its answer, in words. */
export type WrongDocument = string

/** One page of the list that an answer has, or what its document lacks. */
export const pageIn = (data: unknown): ReadPage<string> | WrongDocument => {
  const [connection, another] = connectionsIn(data)
  if (connection === undefined)
    return "asks for no list: it needs edges { node { … } } beside pageInfo { hasNextPage endCursor }"
  if (another !== undefined) return "asks for more than one list: ask for each by a document of its own"
  const { edges, pageInfo, totalCount } = connection
  const records = edges.flatMap((edge) =>
    Predicate.hasProperty(edge, "node") && edge.node !== null && edge.node !== undefined ? [edge.node] : []
  )
  const total = typeof totalCount === "number" ? totalCount : undefined
  if (!Predicate.hasProperty(pageInfo, "hasNextPage") || typeof pageInfo.hasNextPage !== "boolean") {
    return "does not ask whether there is more: it needs pageInfo { hasNextPage endCursor }"
  }
  if (!pageInfo.hasNextPage) return { records, total, next: undefined }
  const last = edges.at(-1)
  const cursor =
    Predicate.hasProperty(pageInfo, "endCursor") && typeof pageInfo.endCursor === "string"
      ? pageInfo.endCursor
      : Predicate.hasProperty(last, "cursor") && typeof last.cursor === "string"
        ? last.cursor
        : undefined
  return cursor === undefined
    ? "does not ask where the next page begins: it needs pageInfo { hasNextPage endCursor }"
    : { records, total, next: cursor }
}
