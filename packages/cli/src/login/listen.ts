import { createHash, X509Certificate } from "node:crypto"
import { lookup } from "node:dns/promises"
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { Effect, Queue, type Scope } from "effect"
import { BlockList, isIP } from "node:net"
import { generate } from "selfsigned"
import { exitStatus, Failure, failureOf } from "../Failure.ts"

const loopback = new BlockList()
loopback.addSubnet("127.0.0.0", 8, "ipv4")
loopback.addAddress("::1", "ipv6")

const isLoopbackAddress = (address: string): boolean => loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4")

/**
 * Where a redirect address of this machine is listened at: its own address, or 127.0.0.1 and ::1 where it has a name.
 * A name counts when the hosts file, or whatever this machine asks for names, points it at this machine alone.
 *
 * @param resolve gives the addresses of a name; default: as this machine does
 * @returns an empty list where the address is another machine's
 * @see RFC 8252, section 7.3; RFC 6761, section 6.3 (localhost)
 */
export const loopbackAddresses = async (
  { hostname }: URL,
  resolve: (host: string) => Promise<ReadonlyArray<{ readonly address: string }>> = (host) =>
    lookup(host, { all: true })
): Promise<ReadonlyArray<string>> => {
  const host = hostname.replace(/^\[|\]$/g, "")
  if (isIP(host) !== 0) return isLoopbackAddress(host) ? [host] : []
  if (/(?:^|\.)localhost\.?$/i.test(host)) return ["127.0.0.1", "::1"]
  const found = await resolve(host).catch(() => [])
  return found.length > 0 && found.every(({ address }) => isLoopbackAddress(address)) ? ["127.0.0.1", "::1"] : []
}

const style =
  ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}main{max-width:36rem;margin:20vh auto;padding:0 1rem}"

// the code has been used up, or never was one of ours: it need not stand in the history of the browser
const script = 'history.replaceState(null,"",location.pathname)'

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  connection: "close"
}

/** What the browser shows. Every text of it is one of these: nothing that arrived is repeated. */
const pages = {
  done: [200, "You are signed in", "You may close this window. The terminal goes on."],
  failed: [400, "You are not signed in", "You may close this window. The terminal says what was wrong."],
  waiting: [400, "This is not the answer", "The command still waits for the answer of Sage. The terminal says more."],
  nothing: [404, "There is nothing here", "You may close this window."],
  method: [405, "There is nothing here", "You may close this window."],
  large: [413, "This is not the answer", "You may close this window."]
} as const

/** Answers with a page. Resolves when the browser has it, or is gone. */
const showPage = (response: ServerResponse, page: keyof typeof pages): Promise<void> =>
  new Promise((resolve) => {
    const [status, title, text] = pages[page]
    const isEnd = page === "done" || page === "failed"
    response.once("close", resolve)
    response.writeHead(status, headers)
    response.end(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${style}</style></head><body><main><h1>${title}</h1><p>${text}</p></main>${isEnd ? `<script>${script}</script>` : ""}</body></html>\n`
    )
  })

/** A certificate for a server of this machine, signed by no authority. */
export interface MadeCertificate {
  readonly cert: string
  readonly key: string
  /** SHA-256, as browsers show it */
  readonly fingerprint: string
}

/** A certificate for one host name or address. It is held in memory alone, and so is its key. */
export const makeCertificate = async (host: string): Promise<MadeCertificate> => {
  const { cert, private: key } = await generate([{ name: "commonName", value: host }], {
    keyType: "ec",
    extensions: [
      { name: "subjectAltName", altNames: [isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host }] }
    ]
  })
  return { cert, key, fingerprint: new X509Certificate(cert).fingerprint256 }
}

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
const isMissing = (error: Error): boolean =>
  ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"].includes(systemCodeOf(error) ?? "")

const systemCodeOf = (error: Error): string | undefined =>
  "code" in error && typeof error.code === "string" ? error.code : undefined

const cannotListen = (error: Error, redirect: URL, port: number): Failure => {
  const code = systemCodeOf(error)
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
