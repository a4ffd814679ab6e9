// A file of its own: all that `Reason.ts` exports is public, and this is not.

/**
 * What all errors and reasons of this library are. `@sage-auth/core/effect` adds that they are effects, which fail with
 * themselves.
 */
export interface Failing extends Error {
  /** name and message */
  toString(): string
  /** what may be logged; never a secret */
  toJSON(): unknown
}

// Registered: a process may load this package twice, by `import` and by `require`, and an error is one for both.
const tagOf: unique symbol = Symbol.for("@sage-auth/core/tag")

/** The class that all of them extend. */
export class AnyTaggedError extends Error {}

/**
 * The base of an error with a tag, by which a `switch` and Effect's `catchTag` tell it apart. It is Effect's
 * `Data.TaggedError` without Effect: the same class, with and without Effect.
 */
export const TaggedError = /* @__NO_SIDE_EFFECTS__ */ <const Tag extends string>(
  tag: Tag
): (new <A extends { readonly [field: string]: any } = {}>(
  fields: A
) => Failing & { readonly _tag: Tag } & Readonly<A>) => {
  class Tagged extends AnyTaggedError {
    readonly _tag = tag
    constructor(fields: { readonly message?: string | undefined }) {
      super(fields.message)
      Object.assign(this, fields)
    }
    get [tagOf](): Tag {
      return tag
    }
    static override [Symbol.hasInstance](value: unknown): boolean {
      // a class that a user derives has its own instances alone
      const isOurs = Object.getPrototypeOf(this) === Tagged
      return (isOurs && isTagged(value, tag)) || Function.prototype[Symbol.hasInstance].call(this, value)
    }
    toJSON(): object {
      return Object.assign({}, this, { message: this.message })
    }
  }
  Tagged.prototype.name = tag
  return Tagged as never
}

/** Whether it is an error of that tag, whichever copy of this package made it. */
const isTagged = (value: unknown, tag: string): boolean =>
  typeof value === "object" && value !== null && (value as { readonly [tagOf]?: unknown })[tagOf] === tag
