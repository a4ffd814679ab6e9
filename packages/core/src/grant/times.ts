/** How long things take in the renewal of a grant, in milliseconds. Shortened by tests, never by users. */
export interface GrantTimes {
  /** between two signs of life of a lease's owner */
  readonly beat: number
  /** an owner that gave no sign for so long is dead, unless a rotation of its own may be under way */
  readonly silence: number
  /** an owner with an intent that gave no sign for so long can no longer answer */
  readonly doubt: number
  /** between two looks at a row that somebody else works on */
  readonly look: number
  /** between two tries to write what was received */
  readonly rewrite: number
}

/** What is used in production. */
export const defaultTimes: GrantTimes = { beat: 1_000, silence: 5_000, doubt: 20_000, look: 1_000, rewrite: 250 }
