import type { Stats } from "node:fs"
import type { SecureContext, TLSSocket } from "node:tls"
import type * as Undici from "undici"
import type { Agent, buildConnector } from "undici"
import { builtin } from "../config/builtin.ts"
import type { Fetch } from "./Answer.ts"
import { secureContextOf, type TlsContent } from "./secureContext.ts"
import { causesOf, fromThrown, isCertificateAlert, TransportFailure } from "./TransportFailure.ts"

/** undefined: there is none, or none that may be looked at */
const statsOf = (file: URL): Stats | undefined => {
  try {
    return builtin("node:fs").statSync(file, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/**
 * A text that differs once one of the files was written again. It is undefined while one of them is missing, as a file
 * is for a moment that is being replaced, or out of reach: its reader is told why.
 */
export const writtenAt = (files: ReadonlyArray<URL>): string | undefined => {
  const parts: Array<string> = []
  for (const file of files) {
    const stats = statsOf(file)
    if (stats === undefined) return undefined
    parts.push(`${stats.mtimeMs}/${stats.size}/${stats.ino}`)
  }
  return parts.join(" ")
}

/** Connections of one content. */
export interface OpenTls {
  readonly fetch: Fetch
  /** to be called when other content takes over: what is under way finishes, then the connections are closed */
  readonly retire: () => void
}

interface Split {
  readonly default: typeof Undici
}

/** How long a connection that sends nothing has to stay open to count as accepted, in milliseconds. */
const probeTime = 1_000

/**
 * A server that refuses a certificate in TLS 1.3 does so after the client's side of the handshake is done. The client
 * sees an alert, or nothing but the end of a connection on which no answer ever came. These are the errors of such
 * connections.
 */
const unanswered = new WeakSet<object>()

const isUnanswered = (thrown: unknown): boolean => [...causesOf(thrown)].some((each) => unanswered.has(each))

const watch = (socket: TLSSocket): void => {
  socket.on("error", (error: NodeJS.ErrnoException) => {
    // undici would let the end of the stream that follows take the alert's place
    if (isCertificateAlert(error.code)) socket.destroy()
    else if (socket.bytesRead === 0) unanswered.add(error)
  })
  socket.on("end", () => {
    if (socket.bytesRead > 0 || socket.destroyed) return
    const error: NodeJS.ErrnoException = new Error("the server closed the connection before any answer")
    error.code = "ECONNRESET"
    unanswered.add(error)
    socket.destroy(error)
  })
}

/**
 * Whether the server takes the certificate: a connection on which nothing is sent. One that the server ends by itself,
 * right after it has shown its own certificate, was refused. Resolves to the code of the refusal.
 */
const probe = (url: URL, secureContext: SecureContext): Promise<string | undefined> =>
  new Promise((resolve) => {
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1")
    let answered = false
    const socket = builtin("node:tls").connect({
      host,
      port: Number(url.port || 443),
      secureContext,
      rejectUnauthorized: true,
      ALPNProtocols: ["http/1.1"],
      ...(builtin("node:net").isIP(host) === 0 ? { servername: host } : {})
    })
    const finish = (code: string | undefined) => {
      resolve(code)
      socket.destroy()
    }
    socket.setTimeout(probeTime, () => finish(undefined))
    // keys are there: the server has shown its certificate, and what fails from now on fails over ours
    socket.once("keylog", () => {
      answered = true
    })
    socket.on("error", ({ code }: NodeJS.ErrnoException) =>
      finish(isCertificateAlert(code) || (answered && isEnd(code)) ? code : undefined)
    )
    socket.once("close", () => finish(answered ? "ECONNRESET" : undefined))
    socket.resume()
  })

/** what a server that refuses without saying why does; in TLS 1.2 also what it says when a certificate is missing */
const isEnd = (code: string | undefined): boolean =>
  code === "ECONNRESET" || code === "EPIPE" || (code?.endsWith("_ALERT_HANDSHAKE_FAILURE") ?? false)

/** a form of the platform's is none that another undici knows: it is sent as the bytes that the platform makes of it */
const withoutForm = async (init: RequestInit | undefined): Promise<RequestInit | undefined> => {
  if (!(init?.body instanceof FormData)) return init
  const encoded = new Response(init.body)
  const headers = new Headers(init.headers)
  if (!headers.has("content-type")) headers.set("content-type", encoded.headers.get("content-type") ?? "")
  return { ...init, headers, body: await encoded.arrayBuffer() }
}

interface Loaded {
  readonly fetch: Fetch
  readonly agent: Agent
}

/**
 * A fetch that trusts private authorities and shows a client certificate. The platform's fetch cannot take an Agent of
 * another undici, so both come from the same one, loaded on first use. Verification of the server cannot be switched
 * off, not even by `NODE_TLS_REJECT_UNAUTHORIZED`, and the authorities that the platform trusts stay trusted.
 *
 * A server's refusal of the certificate is a `TransportFailure` with the problem `certificate-refused` where it can be
 * told: by its alert, or, where the server ends the connection without one as Node's servers do, by a second connection
 * that sends nothing and is ended as well. What cannot be told from a broken connection: a server that ends the first
 * and keeps the second.
 *
 * Throws what OpenSSL says of content that it cannot use.
 */
export const openTls = (content: TlsContent): OpenTls => {
  const secureContext = secureContextOf(content)
  const shows = content.identity !== undefined
  const probes = new Map<string, Promise<string | undefined>>()
  let loaded: Promise<Loaded> | undefined
  let starting = 0
  let retired = false

  const load = async (): Promise<Loaded> => {
    const loaded: object = await import("undici")
    // a bundler that splits code gives what CommonJS exports as the default alone
    const undici = "buildConnector" in loaded ? (loaded as typeof Undici) : (loaded as Split).default
    const plain = undici.buildConnector({ secureContext, rejectUnauthorized: true })
    const connector: buildConnector.connector = (options, callback) =>
      plain(options, (...[error, socket]: Parameters<buildConnector.Callback>) => {
        if (error !== null) {
          unanswered.add(error)
          return callback(error, null)
        }
        watch(socket as TLSSocket)
        return callback(null, socket)
      })
    const agent = new undici.Agent({ connect: connector })
    const fetch = async (input: string, init: RequestInit | undefined) =>
      undici.fetch(input, { ...(await withoutForm(init)), dispatcher: agent } as object)
    return { fetch: fetch as unknown as Fetch, agent }
  }

  const closeWhenIdle = () => {
    if (retired && starting === 0) void loaded?.then(({ agent }) => agent.close()).catch(() => {})
  }

  const refusal = (url: URL): Promise<string | undefined> => {
    const { origin } = url
    let probing = probes.get(origin)
    if (probing === undefined) {
      probing = probe(url, secureContext)
      probes.set(origin, probing)
      void probing.finally(() => probes.delete(origin))
    }
    return probing
  }

  return {
    fetch: async (input, init) => {
      starting++
      try {
        return await (await (loaded ??= load())).fetch(input, init)
      } catch (thrown) {
        const failure = fromThrown(thrown)
        const unclear = failure.problem === "reset" || isEnd(failure.code)
        const code =
          shows && unclear && isUnanswered(thrown) && init?.signal?.aborted !== true
            ? await refusal(new URL(input instanceof Request ? input.url : input))
            : undefined
        if (code !== undefined) {
          throw new TransportFailure({ problem: "certificate-refused", processed: failure.processed, code })
        }
        throw failure.problem === "certificate-refused" ? failure : thrown
      } finally {
        starting--
        closeWhenIdle()
      }
    },
    retire: () => {
      retired = true
      closeWhenIdle()
    }
  }
}

/** Without its authority nothing is sent. */
const unreadable = (code: string | undefined) =>
  new TransportFailure({ problem: "tls", processed: "no", code, fault: "the authority that `ca` gives cannot be used" })

/**
 * A fetch that also trusts a private certificate authority, given as PEM or as a `file:` URL. Verification stays on,
 * and so do the authorities that the platform trusts. A file that was replaced is read again by the next request;
 * while it is missing or cannot be read, what is open goes on.
 */
export const fetchTrusting = (ca: string | URL): Fetch => {
  const files = typeof ca === "string" ? [] : [ca]
  let opened: OpenTls | undefined
  let seen: string | undefined
  const current = (): OpenTls => {
    const written = writtenAt(files)
    if (opened !== undefined && (written === undefined || written === seen)) return opened
    try {
      const next = openTls({ ca: [typeof ca === "string" ? ca : builtin("node:fs").readFileSync(ca, "utf8")] })
      opened?.retire()
      opened = next
      seen = written
      return next
    } catch (thrown) {
      // seen again by the next request: it may be whole by then
      if (opened !== undefined) return opened
      throw unreadable((thrown as NodeJS.ErrnoException).code)
    }
  }
  return async (input, init) => current().fetch(input, init)
}
