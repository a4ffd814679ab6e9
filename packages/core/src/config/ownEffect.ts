// A file of its own: the builds for promises take it in the place of Effect's.

import type { Redacted } from "effect/Redacted"

/**
 * As much of `effect/Redacted` as this library uses. Effect's own needs a tenth of Effect, which every import of this
 * package would read, compile and run.
 *
 * The sources import `effect/Redacted`, since that is what the entry for Effect hands out and takes. The two know each
 * other's secrets as secrets, and neither opens the other's.
 */
const TypeId = "~effect/Redacted"

const values = new WeakMap<object, unknown>()

export const isRedacted = (input: unknown): input is Redacted<unknown> =>
  ((typeof input === "object" && input !== null) || typeof input === "function") && TypeId in input

const prototype = {
  [TypeId]: { _A: (value: unknown) => value },
  label: undefined as string | undefined,
  toString() {
    return `<redacted${this.label === undefined ? "" : `:${this.label}`}>`
  },
  toJSON() {
    return this.toString()
  },
  // what console.log and node:util print
  [Symbol.for("nodejs.util.inspect.custom")]() {
    return this.toString()
  }
}

export const make = <A>(value: A, options?: { readonly label?: string | undefined }): Redacted<A> => {
  const redacted = Object.create(prototype) as { label: string | undefined }
  if (options?.label) redacted.label = options.label
  values.set(redacted, value)
  return redacted as unknown as Redacted<A>
}

export const value = <A>(redacted: Redacted<A>): A => {
  if (values.has(redacted)) return values.get(redacted) as A
  throw new Error("this secret was made by another copy of Effect, and can be opened by that one alone")
}

// As much of `effect/Predicate` as this library uses: Effect's own brings 2 kB with it that every import of this package
// would read.

export const isBoolean = (input: unknown): input is boolean => typeof input === "boolean"

// oxlint-disable-next-line typescript/no-unsafe-function-type -- as Effect's own has it
export const isFunction = (input: unknown): input is Function => typeof input === "function"

export const isNumber = (input: unknown): input is number => typeof input === "number"

export const isString = (input: unknown): input is string => typeof input === "string"

export const isObject = (input: unknown): input is { readonly [key: PropertyKey]: unknown } =>
  typeof input === "object" && input !== null && !Array.isArray(input)

export const hasProperty = <P extends PropertyKey>(input: unknown, property: P): input is { [K in P]: unknown } =>
  ((typeof input === "object" && input !== null) || typeof input === "function") && property in input
