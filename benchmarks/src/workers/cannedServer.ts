import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { answerTasks } from "../answerTasks.ts"
import { cannedAnswer } from "../answers.ts"

const tasks = {
  start: async (): Promise<string> => {
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const { bytes, headers } = cannedAnswer(`http://${request.headers.host}`, request.url ?? "", (part) =>
          chunks.some((chunk) => chunk.includes(part))
        )
        response.writeHead(200, { ...headers, "content-length": bytes.length })
        response.end(bytes)
      })
    })
    server.keepAliveTimeout = 120_000
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve)
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
}

/**
 * A server that looks at nothing and answers the same bytes at once: what is left is the caller's own cost. `/token` gives
 * a token, `/vendors/1` and `/vendors/1000` speak XML, what ends in `/bill` is a
 * page of 100 records, and anything else one of 20.
 */
export type CannedServer = typeof tasks

answerTasks(tasks)
