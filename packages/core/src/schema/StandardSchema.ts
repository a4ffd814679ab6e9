// A file of its own: declarations of both entries name these types, see `sharedTypes` in tsdown.config.ts.

/**
 * A schema of any library that follows Standard Schema, such as Valibot, Zod or ArkType: what it makes of a value.
 *
 * Source: standardschema.dev.
 *
 * @typeParam Output what it makes of a value that fits
 * @category models
 */
export interface StandardSchema<out Output> {
  /** what the libraries have agreed on */
  readonly "~standard": {
    /** the version of that agreement */
    readonly version: 1
    /** the library's name */
    readonly vendor: string
    /** looks at a value */
    readonly validate: (value: unknown) => SchemaOutcome<Output> | Promise<SchemaOutcome<Output>>
  }
}

/**
 * What a schema says of a value: the value as it makes it, or what is wrong with it.
 *
 * @category models
 */
export type SchemaOutcome<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<SchemaIssue> }

/**
 * One thing that is wrong with a value.
 *
 * @category models
 */
export interface SchemaIssue {
  /** in the library's words, which may quote the value: nothing of it is shown */
  readonly message: string
  /** where in the value; left out for the value itself */
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}
