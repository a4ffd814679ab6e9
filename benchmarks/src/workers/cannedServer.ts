import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { answerTasks } from "../answerTasks.ts"
import { sessionAnswer, vendorsAnswer } from "../answers.ts"

/** The answers by path; the path's number is that of the vendors in it. */
const vendors = new Map([1, 1_000].map((count) => [`/vendors/${count}`, Buffer.from(vendorsAnswer(count))]))

const token = Buffer.from(
  JSON.stringify({
    access_token: "a".repeat(900),
    refresh_token: "r".repeat(200),
    token_type: "Bearer",
    expires_in: 86_400
  })
)

/** a page of records, as REST APIs answer it */
const page = Buffer.from(
  JSON.stringify({
    result: Array.from({ length: 20 }, (_, index) => ({ key: `${index}`, id: `V-${index}`, href: `/vendor/${index}` })),
    meta: { totalCount: 20, start: 1, pageSize: 100, totalSuccess: 20, totalError: 0 }
  })
)

const tasks = {
  start: async (): Promise<string> => {
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const path = request.url ?? ""
        const found = vendors.get(path)
        const opens = found !== undefined && chunks.some((chunk) => chunk.includes("<getAPISession"))
        const answer = opens
          ? Buffer.from(sessionAnswer("s".repeat(56), `http://${request.headers.host}${path}`))
          : (found ?? (path === "/token" ? token : page))
        const type = found === undefined ? "application/json" : "text/xml"
        response.writeHead(200, { "content-type": type, "content-length": answer.length })
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

/**
 * A server that looks at nothing and answers the same bytes at once: what is left is the caller's own cost. `/token` gives
 * a token, `/vendors/1` and `/vendors/1000` speak XML, and anything else is a page of records.
 */
export type CannedServer = typeof tasks

answerTasks(tasks)
