import { Agent, get } from "node:http"
import { answerTasks } from "../answerTasks.ts"
import { type Load, load, type LoadOptions } from "../load.ts"

const agent = new Agent({ keepAlive: true })

const read = (url: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`))
      response.on("end", resolve)
      response.resume()
    })
    request.on("error", reject)
  })

const tasks = {
  load: ({ url, ...options }: { readonly url: string } & LoadOptions): Promise<Load> => load(() => read(url), options)
}

/** Calls a web server over connections that are kept. */
export type WebClient = typeof tasks

answerTasks(tasks)
