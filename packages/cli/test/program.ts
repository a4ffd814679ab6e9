// A file of its own: to import `terminal.ts` is to look for Python.

import process from "node:process"
import { inject } from "vitest"

/** The command, of its sources, as a process of its own. */
export const program = [process.execPath, "--disable-warning=ExperimentalWarning", inject("program")]
