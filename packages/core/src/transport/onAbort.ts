import { TransportFailure } from "./TransportFailure.ts"

const tooLarge = () => new TransportFailure({ problem: "too-large", processed: "unknown", code: undefined })

/**
 * Reads a body as UTF-8 text, up to `limit` bytes. A body that says its length is trusted only when it is not
 * compressed: what counts is what ends up in memory.
 */
export const readLimited = async (response: Response, limit: number): Promise<string> => {
  const length = response.headers.get("content-length")
  if (length !== null && !response.headers.has("content-encoding")) {
    if (Number(length) <= limit) {
      const text = await response.text()
      // a fetch of somebody's own may have let the length lie
      if (text.length > limit) throw tooLarge()
      return text
    }
    await response.body?.cancel()
    throw tooLarge()
  }
  if (response.body === null) return ""
  const decoder = new TextDecoder()
  let text = ""
  let size = 0
  // leaving the loop early cancels the stream, and with it the connection
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

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
