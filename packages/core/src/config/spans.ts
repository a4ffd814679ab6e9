/** Spans of time that several rooms share, in milliseconds. */

export const day = 24 * 60 * 60_000

export const week = 7 * day

export const year = 365 * day

/** How old the answer of a function among the options may become before it is asked again. */
export const askAgainAfter = 5 * 60_000
