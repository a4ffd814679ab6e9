import { startSandbox } from "@sage-auth/sandbox"
import type { Accounts } from "../accounts.ts"
import { answerTasks } from "../answerTasks.ts"

const tasks = {
  start: async (): Promise<Accounts> => {
    const sandbox = await startSandbox({ intacct: { latency: 0 } })
    const { login, sender } = sandbox.accounts["intacct-xml"]
    return { url: sandbox.urls["intacct-xml"].xml, sender, login }
  }
}

/** A sandbox that answers as soon as it can. */
export type SandboxServer = typeof tasks

answerTasks(tasks)
