// A file of its own: in `tables.ts` it would close a circle, since that imports `Table.ts`, which needs it.

/** Freezes plain data through and through: it belongs to every part of a program that reads it. */
export const frozen = <Data>(data: Data): Data => {
  if (typeof data !== "object" || data === null || Object.isFrozen(data)) return data
  for (const part of Object.values(data)) frozen<unknown>(part)
  return Object.freeze(data)
}
