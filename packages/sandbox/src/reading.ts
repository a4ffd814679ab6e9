/**
 * Whose word the servers follow. `"documented"`: Sage's pages and what was recorded. `"card"`: what only a
 * comparison card of Sage's products and an edition of Sage's guide show.
 */
export type Reading = "documented" | "card"

/**
 * Lays what a reading changes over the options that hold, where the reading changes with those that are given. What is
 * given beside it wins over it.
 */
export const withReading = <Options extends { readonly reading: Reading }>(
  current: Options,
  given: { readonly reading?: Reading | undefined } | undefined,
  readings: Readonly<Record<Reading, Partial<Options>>>
): Options => {
  const reading = given?.reading
  if (reading === undefined || reading === current.reading) return current
  if (!Object.hasOwn(readings, reading)) throw new RangeError('reading must be "documented" or "card"')
  return { ...current, ...readings[reading] }
}

/** What both readings say about the same options: the card's, and what holds by default. */
export const readingsOf = <Options extends object>(
  defaults: Options,
  card: Partial<Options>
): Readonly<Record<Reading, Partial<Options>>> => ({
  documented: Object.fromEntries(
    Object.entries(defaults).filter(([name]) => Object.hasOwn(card, name))
  ) as Partial<Options>,
  card
})
