import { againAs, SageAuthError } from "./SageAuthError.ts"

/** A function of the promise boundary, which is on the stack. */
// oxlint-disable-next-line typescript/no-unsafe-function-type -- it is only looked for
type Boundary = Function

/**
 * The functions that wait for what runs now, as the platform tells them for nothing. V8 follows a promise to the
 * `await` that it goes to, where an async function or a handler of a promise goes on.
 */
const waitingFor = (boundary: Boundary): ReadonlyArray<string> => {
  const holder: { stack?: unknown } = {}
  Error.captureStackTrace?.(holder, boundary)
  const { stack } = holder
  // an application may have its own form of stack traces
  return typeof stack === "string"
    ? stack.split("\n").filter((line) => line.startsWith("    at ") && !line.includes("node:internal/"))
    : []
}

/** the stacks of errors before the lines of their callers were put there */
const inside = new WeakMap<SageAuthError, string>()

/**
 * What a promise rejects with: an error of this library says in its stack where the caller waits for it. That costs a
 * call nothing unless it fails: a stack that is captured while a call begins would cost more than the call.
 *
 * `boundary` is the async function, or the handler of a promise, that goes on and is about to reject.
 */
export const atCaller = (thrown: unknown, boundary: Boundary): unknown => {
  if (!(thrown instanceof SageAuthError)) return thrown
  const before = inside.get(thrown)
  const stack: unknown = before ?? thrown.stack
  const lines = waitingFor(boundary)
  if (lines.length === 0 || typeof stack !== "string" || thrown.stack?.includes(lines.join("\n"))) return thrown
  // several callers wait for one renewal, and each of them has a line of its own
  const own = before === undefined ? thrown : againAs(thrown)
  const value = [stack, ...lines].join("\n")
  inside.set(own, stack)
  return Object.defineProperty(own, "stack", { value, writable: true, configurable: true, enumerable: false })
}
