import { writeSync } from "node:fs"

/** One line to whoever started this process. Written at once: the process may be killed the moment after. */
export const tell = (message: unknown): void => {
  writeSync(1, `${JSON.stringify(message)}\n`)
}
