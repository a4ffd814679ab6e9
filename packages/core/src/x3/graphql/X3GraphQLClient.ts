import type { CallOptions } from "../../application/Application.ts"
import { type HttpClient, httpCalls } from "../../calls/HttpClient.ts"
import type { MembersOf, Out, Outs, World } from "../../Connection.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  FunctionFailed,
  PermissionDenied,
  ProtocolViolation,
  RequestRejected
} from "../../errors/Reason.ts"
import type { JsonRecord, Page, PageOptions } from "../../paging/readPages.ts"

/** One entry of an answer's `errors`. Source: GraphQL specification, section 7.1.2. */
export interface GraphQLError {
  /** in the server's words */
  readonly message: string
  /** where in the document, counted from 1 */
  readonly locations?: ReadonlyArray<{ readonly line: number; readonly column: number }> | undefined
  /** the field that it is about: it is null in `data` */
  readonly path?: ReadonlyArray<string | number> | undefined
  /** what the server adds, such as a code */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined
}

/** What a query brought: what the user may not see is null in `data`, and named in `errors`. */
export interface GraphQLAnswer<D> {
  /** what the query asked for */
  readonly data: D
  /** empty where nothing was wrong */
  readonly errors: ReadonlyArray<GraphQLError>
}

/** What a query can fail with. */
export type QueryReasons =
  | AcquireReasons["x3-graphql"]
  | BudgetExhausted
  | PermissionDenied
  | RequestRejected
  | FunctionFailed

/** What reading a list can fail with. */
export type X3GraphQLListReasons = QueryReasons | ProtocolViolation

/**
 * One page of a list.
 *
 * @typeParam R one record
 */
export interface GraphQLPage<out R> extends Page<R> {
  /** what was wrong with this page: what the user may not see is null in its records. Empty where nothing was */
  readonly errors: ReadonlyArray<GraphQLError>
}

/** Values of a document's variables by their names. Options are an argument of their own behind them. */
export type GraphQLVariables = Readonly<Record<string, unknown>> & {
  readonly [Name in keyof PageOptions]?: undefined
}

/** The client of X3's GraphQL API. Paths of `fetch` count from the connection's `url`; `""` is the API itself. */
export interface X3GraphQLClient<W extends World = "promise"> extends HttpClient<W, "x3-graphql"> {
  /**
   * Sends a document and reads the answer. A partial answer is delivered as it is, with its `errors`. An answer without
   * data is a failure. It is `RequestRejected` for a document that does not fit the schema, `PermissionDenied` where
   * rights are missing, and `FunctionFailed` for anything else.
   *
   * @throws `SageAuthError`: one of `QueryReasons`
   */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- for callers that name the type of their variables
  query<D = unknown, V = unknown>(
    document: string,
    variables?: V,
    options?: CallOptions
  ): Out<W, GraphQLAnswer<D>, QueryReasons>
  /**
   * Every record of the list that a document asks for, one after the other. The document takes the variable `$after`
   * and asks for `pageInfo { hasNextPage endCursor }`. With a variable `$first`, `pageSize` is its value. A page is
   * read when its first record is asked for.
   *
   * An answer with `errors` is a failure: `pages` gives them beside the records.
   *
   * @throws `SageAuthError`: one of `X3GraphQLListReasons`
   *
   * @example
   * ```ts
   * const customers = `query ($first: Int, $after: String) { x3MasterData { customer { query(first: $first, after: $after) {
   *   edges { node { code name } } pageInfo { hasNextPage endCursor } } } } }`
   * for await (const customer of graph.records(customers, {}, { pageSize: 100 })) console.log(customer["name"])
   * ```
   */
  records<R = JsonRecord>(
    document: string,
    variables?: GraphQLVariables,
    options?: PageOptions<R>
  ): Outs<W, R, X3GraphQLListReasons>
  /**
   * the same by page, with how far it has come and what was wrong
   *
   * @throws `SageAuthError`: one of `X3GraphQLListReasons`
   */
  pages<R = JsonRecord>(
    document: string,
    variables?: GraphQLVariables,
    options?: PageOptions<R>
  ): Outs<W, GraphQLPage<R>, X3GraphQLListReasons>
}

/** The table of its members. */
export const members: MembersOf<X3GraphQLClient> = {
  calls: { ...httpCalls, query: 2 },
  lists: { records: 2, pages: 2 },
  narrowing: {}
}
