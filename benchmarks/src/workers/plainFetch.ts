import { answerTasks } from "../answerTasks.ts"
import { type Load, load, type LoadOptions } from "../load.ts"

/** A request as somebody else has sent it. */
export interface PlainRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const tasks = {
  load: ({ body, headers, url, ...options }: PlainRequest & LoadOptions): Promise<Load> =>
    load(async () => (await fetch(url, { method: "POST", headers, body })).text(), options)
}

/** The platform's fetch, and the answer as text: the least that a call can cost. */
export type PlainFetch = typeof tasks

answerTasks(tasks)
