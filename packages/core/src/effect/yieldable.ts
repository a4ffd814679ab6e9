// A file of its own: `index.ts` lists what the entry exports, and defines nothing.

import * as Data from "effect/Data"
import { AnyTaggedError } from "../errors/TaggedError.ts"

/** What the prototypes of Effect's own errors have, down to the platform's. */
const membersOfEffectErrors = (): ReadonlyMap<PropertyKey, PropertyDescriptor> => {
  const members = new Map<PropertyKey, PropertyDescriptor>()
  let prototype = Data.Error.prototype as object
  while (prototype !== Error.prototype) {
    for (const key of Reflect.ownKeys(prototype)) {
      const member = Object.getOwnPropertyDescriptor(prototype, key)
      // what is nearer wins
      if (member !== undefined && !members.has(key)) members.set(key, member)
    }
    prototype = Object.getPrototypeOf(prototype) as object
  }
  return members
}

/** What errors of this library have in their own way: how they are made, named and shown. */
const own = new Set<PropertyKey>(["constructor", "name", "toString", "toJSON"])

/**
 * Makes the errors and reasons of this library effects that fail with themselves, as those of Effect's
 * `Data.TaggedError` are: `yield* error`, `Effect.catchTag("SageAuthError", (error) => error)`. Their classes are those
 * of the promise entry, which has no Effect: so they get it here, when this entry is imported.
 */
export const makeErrorsYieldable = (): void => {
  for (const [key, member] of membersOfEffectErrors()) {
    if (!own.has(key)) Object.defineProperty(AnyTaggedError.prototype, key, { ...member, configurable: true })
  }
}
