import type { Caller } from "./Caller.ts"
import type { ShownProblem } from "./Problem.ts"

/** A request as an adapter has it from its framework. */
export interface WebRequest {
  /** of HTTP, in upper case */
  readonly method: string
  /** path and query as the client sent them, whatever the framework has cut off since */
  readonly url: string
  /** the path without the query, counted from where the adapter is mounted */
  readonly path: string
  /** where the adapter is mounted: what `url` has in front of `path`; undefined where it is not known */
  readonly mount?: string | undefined
  /** whether nothing comes to the adapter but what is below its mount */
  readonly confined?: boolean | undefined
  /** a header by its name in lower case; several of one name joined as HTTP does */
  readonly header: (name: string) => string | undefined
  /** whether the client came over TLS, as the framework knows it with its settings for proxies */
  readonly secure: boolean
  /** who is asking, and whether it still waits */
  readonly caller: Caller
  /**
   * the body of a posted callback, as text or as a framework has read it. It is only asked for where there may be one
   */
  readonly body: () => Promise<string | Readonly<Record<string, unknown>> | undefined>
}

/** What an adapter answers. */
export interface WebReply {
  /** of HTTP */
  readonly status: number
  /** names in lower case; a list is sent as several headers */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string>>>
  /** undefined: none */
  readonly body: string | undefined
  /** what the application's own `render` shows in the place of a body */
  readonly problem?: ShownProblem | undefined
}
