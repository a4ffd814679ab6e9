import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { Effect, Queue, type Scope } from "effect"
import { exitStatus } from "../exitStatus.ts"
import { Failure, failureOf } from "../Failure.ts"
import type { MadeCertificate } from "./certificate.ts"
import { showPage } from "./page.ts"

/** A callback as it arrived. */
export interface Received {
  /** path and query */
  readonly url: string
  /** of a callback that was posted */
  readonly body?: string | undefined
}

/** What became of a callback: the browser is told in these words alone. */
export type Taken = "done" | "failed" | "waiting"

/** A callback that waits for its answer. */
export interface Arrived extends Received {
  /** tells the sender what became of it; resolves when that was sent */
  readonly answer: (taken: Taken) => Promise<void>
}

/** More than any server posts, in bytes. */
const longest = 64 * 1024

const bodyOf = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Array<Buffer> = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > longest) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

/** Answers the requests of a browser; what asks for another path than that of the redirect address is no callback. */
const listener =
  (redirect: URL, arrive: (arrived: Arrived) => void): RequestListener =>
  (request, response) => {
    const read = async (): Promise<void> => {
      const url = request.url ?? "/"
      if (!URL.canParse(url, redirect.href) || new URL(url, redirect).pathname !== redirect.pathname) {
        return showPage(response, "nothing")
      }
      const answer = (taken: Taken): Promise<void> => showPage(response, taken)
      if (request.method === "GET") return arrive({ url, answer })
      if (request.method !== "POST") return showPage(response, "method")
      const body = await bodyOf(request)
      return body === undefined ? showPage(response, "large") : arrive({ url, body, answer })
    }
    // a browser that goes away in the middle has sent nothing
    read().catch(() => response.destroy())
  }

/** Gives why it cannot listen, or undefined when it does. */
const start = (server: Server, port: number, host: string): Promise<Error | undefined> =>
  new Promise((resolve) => {
    server.once("error", resolve)
    server.listen({ port, host, exclusive: true }, () => {
      server.off("error", resolve)
      resolve(undefined)
    })
  })

const stop = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** This machine has no such address: for example no IPv6. */
const isMissing = (error: Error): boolean => ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"].includes(codeOf(error) ?? "")

const codeOf = (error: Error): string | undefined =>
  "code" in error && typeof error.code === "string" ? error.code : undefined

const cannotListen = (error: Error, redirect: URL, port: number): Failure => {
  const code = codeOf(error)
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: `Another program listens there: end it, or register a redirect address with another port at Sage and give it as redirectUri. Or run the command with --manual.`,
    EACCES: `This user may not listen there: register a redirect address with a port above 1023 at Sage and give it as redirectUri. Or run the command with --manual.`
  }
  if (code === undefined || !Object.hasOwn(remedies, code)) return failureOf(error)
  return new Failure({
    message: `Port ${port} of the redirectUri cannot be listened at (${code}): ${redirect.host} is taken or closed.`,
    remedy: remedies[code],
    status: exitStatus.failed
  })
}

/**
 * Listens where the redirect address points, until the scope closes: on this machine alone.
 *
 * @param addresses loopback addresses; one that this machine does not have is left out, but not all
 * @param certificate for a redirect address with https
 * @returns the callbacks, in the order in which they arrive
 */
export const listen = (
  redirect: URL,
  addresses: ReadonlyArray<string>,
  certificate: MadeCertificate | undefined
): Effect.Effect<Queue.Dequeue<Arrived>, Failure, Scope.Scope> =>
  Effect.gen(function* () {
    const port = redirect.port === "" ? (redirect.protocol === "https:" ? 443 : 80) : Number(redirect.port)
    const arrivals = yield* Queue.unbounded<Arrived>()
    const answer = listener(redirect, (arrived) => void Queue.offerUnsafe(arrivals, arrived))
    const open = (address: string): Effect.Effect<boolean, Failure, Scope.Scope> => {
      const server =
        certificate === undefined
          ? createServer(answer)
          : createTlsServer({ cert: certificate.cert, key: certificate.key }, answer)
      const started = Effect.flatMap(
        Effect.promise(() => start(server, port, address)),
        (error) =>
          error === undefined || isMissing(error)
            ? Effect.succeed(error === undefined)
            : Effect.fail(cannotListen(error, redirect, port))
      )
      return Effect.acquireRelease(started, (isOn) => (isOn ? stop(server) : Effect.void))
    }
    const opened = yield* Effect.forEach(addresses, open)
    if (!opened.includes(true)) {
      return yield* new Failure({
        message: "This machine has no loopback address to listen at.",
        remedy: "Run the command with --manual.",
        status: exitStatus.failed
      })
    }
    return arrivals
  })
