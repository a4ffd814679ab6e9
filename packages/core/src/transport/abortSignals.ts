import { TransportFailure } from "./TransportFailure.ts"

/** To be waited for before {@link stays}: what runs in this turn comes first. */
export const turn: Promise<void> = Promise.resolve()

/** After a turn: a caller who leaves in the very turn that it came in has sent nothing. */
export const stays = (ends: AbortSignal): void => {
  if (ends.aborted) throw new TransportFailure({ problem: "unknown", processed: "no", code: undefined })
}

interface Listener {
  readonly all: Set<() => void>
  readonly hear: () => void
}

/** one for each signal that somebody listens to */
const listeners = new WeakMap<AbortSignal, Listener>()

const listenerOf = (signal: AbortSignal): Listener => {
  const known = listeners.get(signal)
  if (known !== undefined) return known
  const all = new Set<() => void>()
  const hear = () => {
    listeners.delete(signal)
    for (const each of all) each()
  }
  const listener = { all, hear }
  listeners.set(signal, listener)
  signal.addEventListener("abort", hear, { once: true })
  return listener
}

/**
 * Calls back when a signal is aborted, and at once if it is already. What it returns calls that off.
 *
 * One listener stands for all. The platform goes through every listener of a signal to add or remove one, which
 * thousands of callers with one signal would feel.
 */
export const onAbort = (signal: AbortSignal, then: () => void): (() => void) => {
  if (signal.aborted) {
    then()
    return () => {}
  }
  const { all, hear } = listenerOf(signal)
  // an entry of its own: the same function may be given twice
  const entry = () => then()
  all.add(entry)
  return () => {
    if (!all.delete(entry) || all.size > 0 || signal.aborted) return
    listeners.delete(signal)
    signal.removeEventListener("abort", hear)
  }
}

/**
 * Whether something can be listened to as a signal can. Not by its class: a test runner's own realm has another one.
 */
export const isSignal = (signal: unknown): signal is AbortSignal =>
  typeof signal === "object" && signal !== null && "aborted" in signal && "addEventListener" in signal

/** What is wrong with a signal that is none. */
export const noSignal = { option: "signal", expected: "an AbortSignal" }
