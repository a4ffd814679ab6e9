// A file of its own: stores need it as much as the parts of a renewal, which import each other.

/**
 * The age of what was written at a time that the store's clock has yet to reach, because the clock of a writer ran
 * ahead. It is unknown, and counts as older than anything that lives. A number, so that it can be kept as JSON.
 */
export const unknownAge = Number.MAX_SAFE_INTEGER

/**
 * How far two looks at one clock may lie apart in the wrong order, in milliseconds: a clock is set by steps like this.
 */
export const clockTolerance = 5_000

/** How old something is that was written at `writtenAt`, by the store's clock `now`, in milliseconds. */
export const ageOf = (writtenAt: number, now: number): number =>
  writtenAt > now + clockTolerance ? unknownAge : Math.max(0, now - writtenAt)

/** How long things take in the renewal of a grant, in milliseconds. Shortened by tests, never by users. */
export interface GrantTimes {
  /** between two signs of life of a lease's owner */
  readonly beat: number
  /** the same where the store sees which process lives: each costs a write, and few renewals take that long */
  readonly slowBeat: number
  /** an owner that gave no sign for so long is dead, unless a rotation of its own may be under way */
  readonly silence: number
  /** an owner with an intent that gave no sign for so long can no longer answer */
  readonly silenceWithIntent: number
  /**
   * an owner that lives and gave no sign for so long hangs. That is announced, and its lease is taken unless it may
   * have sent something
   */
  readonly stalled: number
  /** a lease that is held for so long is announced too, whatever signs its owner gives: a token request ends by then */
  readonly held: number
  /** between two looks at a row that somebody else works on */
  readonly look: number
  /** between two tries to write what was received */
  readonly rewrite: number
}

/** What is used in production. */
export const defaultTimes: GrantTimes = {
  beat: 1_000,
  slowBeat: 4_000,
  silence: 5_000,
  silenceWithIntent: 20_000,
  stalled: 15_000,
  held: 60_000,
  look: 1_000,
  rewrite: 250
}
