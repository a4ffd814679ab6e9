/**
 * The base of an error with a tag, by which a `switch` and Effect's `catchTag` tell it apart. It is Effect's
 * `Data.TaggedError` without Effect: whoever has no Effect gets the same class as whoever has.
 */
export const TaggedError = /* @__NO_SIDE_EFFECTS__ */ <const Tag extends string>(
  tag: Tag
): (new <A extends { readonly [field: string]: any } = {}>(
  fields: A
) => Error & { readonly _tag: Tag } & Readonly<A>) => {
  class Tagged extends Error {
    readonly _tag = tag
    constructor(fields: { readonly message?: string | undefined }) {
      super(fields.message)
      Object.assign(this, fields)
    }
    toJSON(): object {
      return Object.assign({}, this, { message: this.message })
    }
  }
  Tagged.prototype.name = tag
  return Tagged as never
}
