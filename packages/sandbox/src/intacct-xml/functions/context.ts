import type { Failure } from "../answers.ts"
import type { ResolvedIntacctXmlOptions } from "../options.ts"
import type { RequestFunction } from "../readRequest.ts"
import type { Identity } from "../sessions.ts"
import type { XmlNode } from "../xml.ts"
import type { Cursors } from "./cursors.ts"

/** An answer without an envelope: what a single function gave as JSON or CSV. */
export interface PlainAnswer {
  readonly contentType: string
  readonly body: string
}

/** What a function came to. */
export type Outcome =
  | { readonly content: ReadonlyArray<XmlNode>; readonly plain?: PlainAnswer | undefined }
  | { readonly failures: ReadonlyArray<Failure> }

/** What a function works with. */
export interface FunctionContext {
  readonly identity: Identity
  /** The session of the call; undefined where it has a login. */
  readonly session: string | undefined
  readonly called: RequestFunction
  readonly cursors: Cursors
  readonly now: () => number
  readonly withSupportId: (text: string) => string
  readonly options: () => ResolvedIntacctXmlOptions
}

/** A function that the sandbox plays. @throws `Refused` */
export type Play = (context: FunctionContext) => Outcome
