import process from "node:process"
import { Context } from "effect"

/** What a command finds around it: the folder that it runs in, and the environment's variables. */
export interface Surroundings {
  readonly folder: string
  readonly environment: NodeJS.ProcessEnv
}

/** The surroundings of a command: those of this process, unless a test gives others. */
export const Surroundings = Context.Reference<Surroundings>("@sage-auth/cli/Surroundings", {
  defaultValue: () => ({ folder: process.cwd(), environment: process.env })
})
