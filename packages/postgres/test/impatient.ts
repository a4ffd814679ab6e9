import { onTestFinished, vi } from "vitest"

/**
 * Has every look at the steady clock be a second after the last: what is tried for five seconds is tried six times, and
 * the pauses between are short.
 */
export const impatient = (): void => {
  let now = performance.now()
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 1_000))
  onTestFinished(() => clock.mockRestore())
}
