/**
 * The age of what was written at a time that the store's clock has yet to reach, because the clock of a writer ran
 * ahead: nobody knows it, and so it is older than anything lives. A number, so that it can be kept as JSON.
 */
export const unknownAge = Number.MAX_SAFE_INTEGER

/** How far two looks at one clock may lie apart in the wrong order, in milliseconds: a clock is set by steps like this. */
export const clockTolerance = 5_000

/** How old something is that was written at `writtenAt`, by the store's clock `now`, in milliseconds. */
export const ageOf = (writtenAt: number, now: number): number =>
  writtenAt > now + clockTolerance ? unknownAge : Math.max(0, now - writtenAt)
