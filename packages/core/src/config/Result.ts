/**
 * A value, or what is wrong: as much of Effect's `Result` as this library needs, in the same shape. It is no module of
 * Effect's. The front has to be small, and the entry for Effect has to load beside an Effect that has no such module,
 * to say which one it needs.
 */

/** A value. */
export interface Success<out A> {
  readonly _tag: "Success"
  readonly success: A
}

/** What is wrong. */
export interface Failure<out E> {
  readonly _tag: "Failure"
  readonly failure: E
}

/** One or the other. */
export type Result<A, E = never> = Success<A> | Failure<E>

export const succeed = <A>(success: A): Result<A> => ({ _tag: "Success", success })

export const fail = <E>(failure: E): Result<never, E> => ({ _tag: "Failure", failure })

const nothing: Result<void> = { _tag: "Success", success: undefined }
export { nothing as void }

export const isSuccess = <A, E>(result: Result<A, E>): result is Success<A> => result._tag === "Success"

export const isFailure = <A, E>(result: Result<A, E>): result is Failure<E> => result._tag === "Failure"

export const match = <A, E, B, C = B>(
  result: Result<A, E>,
  on: { readonly onSuccess: (success: A) => B; readonly onFailure: (failure: E) => C }
): B | C => (result._tag === "Success" ? on.onSuccess(result.success) : on.onFailure(result.failure))

export const map = <A, E, B>(result: Result<A, E>, change: (success: A) => B): Result<B, E> =>
  result._tag === "Success" ? succeed(change(result.success)) : result

export const mapError = <A, E, F>(result: Result<A, E>, change: (failure: E) => F): Result<A, F> =>
  result._tag === "Success" ? result : fail(change(result.failure))

export const mapBoth = <A, E, B, F>(
  result: Result<A, E>,
  change: { readonly onSuccess: (success: A) => B; readonly onFailure: (failure: E) => F }
): Result<B, F> => map(mapError(result, change.onFailure), change.onSuccess)

export const flatMap = <A, E, B, F>(result: Result<A, E>, next: (success: A) => Result<B, F>): Result<B, E | F> =>
  result._tag === "Success" ? next(result.success) : result

export const getOrElse = <A, E, B>(result: Result<A, E>, otherwise: (failure: E) => B): A | B =>
  result._tag === "Success" ? result.success : otherwise(result.failure)

export const getOrUndefined = <A, E>(result: Result<A, E>): A | undefined =>
  result._tag === "Success" ? result.success : undefined

/** The value; throws where there is none. The caller has checked that before. */
export const getOrThrow = <A, E>(result: Result<A, E>): A => {
  if (result._tag === "Success") return result.success
  throw new Error("a result without a value was asked for one")
}

const attempt: {
  <A, E>(options: { readonly try: () => A; readonly catch: (thrown: unknown) => E }): Result<A, E>
  <A>(use: () => A): Result<A, unknown>
} = <A>(
  input: (() => A) | { readonly try: () => A; readonly catch: (thrown: unknown) => unknown }
): Result<A, unknown> => {
  const { catch: say, try: use } =
    typeof input === "function" ? { try: input, catch: (thrown: unknown) => thrown } : input
  try {
    return succeed(use())
  } catch (thrown) {
    return fail(say(thrown))
  }
}
export { attempt as try }
