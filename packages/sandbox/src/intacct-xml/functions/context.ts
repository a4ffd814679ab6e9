import { randomBytes } from "node:crypto"
import type { Failure } from "../answers.ts"
import type { ObjectType } from "../objectTypes.ts"
import type { ResolvedIntacctXmlOptions } from "../options.ts"
import type { RequestFunction } from "../readRequest.ts"
import type { IntacctRecord } from "../records.ts"
import type { Identity } from "../sessions.ts"
import type { XmlNode } from "../xml.ts"

/** A result set that `readMore` goes on with. */
interface Cursor {
  readonly kind: "result" | "report"
  readonly company: string
  readonly userId: string
  /** The session that it was asked for in, which is the one that can go on with it; undefined for a login. */
  readonly session: string | undefined
  /** What `readMore` may name instead of the id: the object, or the view. */
  readonly name: string
  readonly type: ObjectType
  readonly records: ReadonlyArray<IntacctRecord>
  readonly pageSize: number
  position: number
  /** When a report is ready. */
  readonly readyAt: number
}

const kept = 1000

/** The result sets of a sandbox, the last thousand of them. */
export class Cursors {
  readonly #cursors = new Map<string, Cursor>()

  open(cursor: Cursor): string {
    const id = randomBytes(16).toString("hex")
    this.#cursors.set(id, cursor)
    const oldest = this.#cursors.keys().next().value
    if (this.#cursors.size > kept && oldest !== undefined) this.#cursors.delete(oldest)
    return id
  }

  /** The result set of that id, for the company and the session that it belongs to. */
  result(id: string, company: string, session: string | undefined): Cursor | undefined {
    const cursor = this.#cursors.get(id)
    return cursor?.kind === "result" && cursor.company === company && cursor.session === session ? cursor : undefined
  }

  /** The report of that id, for the company that it belongs to: a report is no session's. */
  report(id: string, company: string): Cursor | undefined {
    const cursor = this.#cursors.get(id)
    return cursor?.kind === "report" && cursor.company === company ? cursor : undefined
  }

  /** The newest result set of a user for an object or a view, with its id. */
  newest(name: string, company: string, userId: string): readonly [string, Cursor] | undefined {
    return [...this.#cursors].findLast(
      ([, cursor]) =>
        cursor.kind === "result" &&
        cursor.company === company &&
        cursor.userId === userId &&
        cursor.name.toUpperCase() === name.toUpperCase()
    )
  }

  close(id: string): void {
    this.#cursors.delete(id)
  }
}

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
