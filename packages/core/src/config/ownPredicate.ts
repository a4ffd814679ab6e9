/**
 * As much of `effect/Predicate` as this library uses, in a file of its own. The builds for promises take it in that
 * one's place: Effect's own brings 2 kB with it that every import of this package would read.
 */

export const isBoolean = (input: unknown): input is boolean => typeof input === "boolean"

// oxlint-disable-next-line typescript/no-unsafe-function-type -- as Effect's own has it
export const isFunction = (input: unknown): input is Function => typeof input === "function"

export const isNumber = (input: unknown): input is number => typeof input === "number"

export const isString = (input: unknown): input is string => typeof input === "string"

export const isObject = (input: unknown): input is { readonly [key: PropertyKey]: unknown } =>
  typeof input === "object" && input !== null && !Array.isArray(input)

export const hasProperty = <P extends PropertyKey>(input: unknown, property: P): input is { [K in P]: unknown } =>
  ((typeof input === "object" && input !== null) || typeof input === "function") && property in input
