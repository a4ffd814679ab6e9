import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import { pipeline } from "node:stream/promises"
import { onTestFinished } from "vitest"

/** What a raw server answers; the body byte for byte. */
export interface RawAnswer {
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Uint8Array | Iterable<Uint8Array> | undefined
}

/** A server that answers whatever it is told, where the sandbox only says what Intacct might. */
export interface RawServer {
  readonly url: string
  /** the bodies that arrived */
  readonly arrived: ReadonlyArray<string>
  stop(): Promise<void>
}

/** Starts a raw server on loopback, stopped when the test ends. */
export const startRawServer = async (answer: (body: string) => RawAnswer): Promise<RawServer> => {
  const server = await serveRaw(answer)
  onTestFinished(() => server.stop())
  return server
}

/** Starts a raw server on loopback. */
export const serveRaw = async (answer: (body: string) => RawAnswer): Promise<RawServer> => {
  const arrived: Array<string> = []
  const server = createServer((request, response) => {
    const serve = async (): Promise<void> => {
      const body = (await buffer(request)).toString()
      arrived.push(body)
      const { body: text = "", headers = { "content-type": "text/xml" }, status = 200 } = answer(body)
      response.writeHead(status, headers)
      if (typeof text === "string" || text instanceof Uint8Array) return void response.end(text)
      // a body without an end ends with its reader
      await pipeline(Readable.from(text), response)
    }
    serve().catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ia/xml/xmlgw.phtml`,
    arrived,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

/** The answer to `getAPISession` as Intacct documents it. */
export const sessionAnswer = (sessionId: string, endpoint: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><response><control><status>success</status></control><operation><authentication><status>success</status><userid>u</userid><companyid>c</companyid><locationid></locationid></authentication><result><status>success</status><function>getAPISession</function><controlid>c</controlid><data><api><sessionid>${sessionId}</sessionid><endpoint>${endpoint}</endpoint><locationid></locationid></api></data></result></operation></response>`
