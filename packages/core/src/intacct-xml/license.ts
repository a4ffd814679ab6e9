import { day } from "../config/spans.ts"

/** From how many days before its end a developer licence is announced. It is renewed once a year. */
export const warningDays = 60

/** Whole days until a licence ends; the last day counts as day 0, and a negative number says how long ago it ended. */
export const daysUntil = (expires: string, now: number): number =>
  Math.floor((Date.parse(`${expires}T00:00:00Z`) - Math.floor(now / day) * day) / day)
