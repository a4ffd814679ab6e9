import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { answerTasks } from "../answerTasks.ts"
import { sessionAnswer, vendorsAnswer } from "../answers.ts"

/** The answers by path; the path's number is that of the vendors in it. */
const answers = new Map([1, 1_000].map((count) => [`/vendors/${count}`, Buffer.from(vendorsAnswer(count))]))

const tasks = {
  start: async (): Promise<string> => {
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const path = request.url ?? ""
        const opens = chunks.some((chunk) => chunk.includes("<getAPISession"))
        const answer = opens
          ? Buffer.from(sessionAnswer("s".repeat(56), `http://${request.headers.host}${path}`))
          : (answers.get(path) ?? Buffer.alloc(0))
        response.writeHead(200, { "content-type": "text/xml", "content-length": answer.length })
        response.end(answer)
      })
    })
    server.keepAliveTimeout = 120_000
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve)
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
}

/** A server that looks at nothing and answers the same bytes at once: what is left is the caller's own cost. */
export type CannedServer = typeof tasks

answerTasks(tasks)
