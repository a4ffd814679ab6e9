import process from "node:process"
import type { Reply, Tasks } from "./worker.ts"

/** Has this process do what its parent asks for, and end with its parent. */
export const answerTasks = (tasks: Tasks): void => {
  process.on("message", (message) => {
    const { input, task } = message as { readonly task: string; readonly input: unknown }
    const answer = async (): Promise<Reply> => {
      try {
        return { value: await tasks[task]?.(input) }
      } catch (error) {
        return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }
      }
    }
    void answer().then((reply) => process.send?.(reply))
  })
  process.on("disconnect", () => process.exit())
}
