// A file of its own: declarations of both entries name these types, see `sharedTypes` in tsdown.config.ts.

import { askAgainAfter } from "./duration.ts"

/**
 * A value, or a function of the tenant that returns or resolves it. A function is asked at each renewal and after a
 * rejection, so a vault can rotate what it answers.
 */
export type PerTenant<T> = T | ((tenant: string) => T | Promise<T>)

/** An option given as a function, before it is asked. */
export type TenantFunction = (tenant: string) => unknown

export const isTenantFunction = (option: unknown): option is TenantFunction => typeof option === "function"

/** Until when what was made of these options holds: for ever, or until a function among them is asked again. */
export const holdsUntil = (now: number, ...options: ReadonlyArray<unknown>): number =>
  options.some(isTenantFunction) ? now + askAgainAfter : Number.POSITIVE_INFINITY
