import type { CallOptions } from "../../application/Application.ts"
import { type HttpClient, httpCalls } from "../../calls/HttpClient.ts"
import type { MembersOf, Out, World } from "../../Connection.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  FunctionFailed,
  PermissionDenied,
  RequestRejected
} from "../../errors/Reason.ts"

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
}

/** The table of its members. */
export const members: MembersOf<X3GraphQLClient> = { calls: { ...httpCalls, query: 2 }, lists: {}, narrowing: {} }
