/**
 * A value, or a function of the tenant that returns or resolves it. A function is asked at each renewal and after a
 * rejection, so a vault can rotate what it answers.
 */
export type PerTenant<T> = T | ((tenant: string) => T | Promise<T>)

export const isFunction = (option: unknown): option is (tenant: string) => unknown => typeof option === "function"
