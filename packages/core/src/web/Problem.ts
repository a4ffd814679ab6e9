import type { PageKind } from "./pages.ts"

/**
 * A failure as a client of an API reads it. No member ever holds a secret, an option's value or another tenant's name.
 *
 * Source: RFC 9457 (Problem Details for HTTP APIs).
 */
export interface Problem {
  /** the entry of the error catalogue as a page, or `about:blank` where the status says it all */
  readonly type: string
  /** the kind of failure, in a few words */
  readonly title: string
  /** of HTTP */
  readonly status: number
  /** what is the case */
  readonly detail: string
  /** the entry of the error catalogue */
  readonly code?: string | undefined
  /** what to do about it */
  readonly remedy?: string | undefined
  /** whether the same request may succeed later without any change */
  readonly retryable?: boolean | undefined
  /** in seconds, as the header `retry-after` */
  readonly retryAfter?: number | undefined
  /** the connection's name */
  readonly connection?: string | undefined
  /** the id that Sage's support asks for */
  readonly supportId?: string | undefined
  /** where a human goes to consent; takes `?returnTo=` with a path of the application */
  readonly connectUrl?: string | undefined
  /** where a user signs in, for a request without a signed-in user */
  readonly loginUrl?: string | undefined
}

/** A failure as a human sees it: what `render` is given, and what the built-in page shows. */
export interface ShownProblem extends Problem {
  /** what the page is about: what its reader can do, and not what is wrong inside */
  readonly kind: PageKind
  /** in the words of `texts`, for its reader */
  readonly heading: string
  /** in the words of `texts`, for its reader */
  readonly text: string
  /** the language of both */
  readonly language: string
  /** where they go on: a path of the application that cannot lead elsewhere */
  readonly returnTo?: string | undefined
}
