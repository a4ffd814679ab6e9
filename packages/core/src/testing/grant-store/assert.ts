import assert from "node:assert/strict"

/** The same value of this realm's classes. Numbers, texts, lists and objects alone: what a store may give. */
const ofThisRealm = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  // `value.map` would make a list of its own realm
  if (Array.isArray(value)) return Array.from(value, ofThisRealm)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, ofThisRealm(member)]))
}

/**
 * Compares what is in two values, and not what made them. A store that copies by `structuredClone`, or reads with a
 * driver, gives objects of another realm where the tests run in one of their own, as with Jest.
 */
export const sameContent = (actual: unknown, expected: unknown, message?: string): void =>
  assert.deepEqual(ofThisRealm(actual), ofThisRealm(expected), message)
