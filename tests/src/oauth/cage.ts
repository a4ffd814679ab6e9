import { execFile } from "node:child_process"
import { promisify } from "node:util"
import {
  type AuthorizationCallback,
  businessCloud,
  generateKey,
  intacctRest,
  intacctXml,
  type Settings
} from "@sage-auth/core"
import { SageAuth } from "@sage-auth/core/effect"
import { type ApproveOptions, type Sandbox, type SandboxOptions, startSandbox } from "@sage-auth/sandbox"
import { Effect, type Scope } from "effect"
import type { Cage, Canaries } from "../canary.ts"
import type { Answer } from "../quoting.ts"
import { fastRetry, ledgerOptions } from "../world.ts"
import { booksOptions, payablesOptions, vendorsOptions } from "./world.ts"

/** A request as it is on the wire. */
export interface Asked {
  readonly url: string
  /** everything secret in it */
  readonly secrets: ReadonlyArray<string>
}

/** Answers in place of the server; undefined leaves it to the server. */
export type Tamper = (asked: Asked) => Answer | undefined

const secretParameters = ["code", "code_verifier", "client_secret", "refresh_token", "session_id", "token"]

const secretMembers = ["access_token", "refresh_token", "accessToken", "refreshToken", "sessionId"]

/** The claims of a token in which there are secrets, readable by whoever sees it. */
const withinToken = (token: string): ReadonlyArray<string> => {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>
    return ["sessionId", "refreshToken", "authzCode"].flatMap((name) =>
      typeof claims[name] === "string" ? [claims[name]] : []
    )
  } catch {
    return []
  }
}

/** Learns every secret that it is told of, under a name of its own. */
export class Learning {
  readonly #canaries: Canaries
  readonly #known = new Set<string>()

  constructor(canaries: Canaries) {
    this.#canaries = canaries
  }

  add(kind: string, secret: string | null | undefined): string {
    if (secret === null || secret === undefined || secret === "" || this.#known.has(secret)) return secret ?? ""
    this.#known.add(secret)
    this.#canaries.add(`${kind} ${this.#known.size}`, secret)
    for (const inner of withinToken(secret)) this.add(`${kind}'s inside`, inner)
    return secret
  }
}

const parametersOf = (body: string): URLSearchParams => {
  if (!body.startsWith("{")) return new URLSearchParams(body)
  return new URLSearchParams(JSON.parse(body) as Record<string, string>)
}

const textOf = (body: RequestInit["body"]): string => (typeof body === "string" ? body : "")

/** the secrets of an `authorization` header: what it carries, and the password in that */
const shownIn = (header: string): ReadonlyArray<string> => {
  const [scheme, value = ""] = header.split(" ")
  if (scheme !== "Basic") return [value]
  const pair = Buffer.from(value, "base64").toString()
  return [value, pair.slice(pair.indexOf(":") + 1)]
}

/** The platform's fetch, which learns the secrets that it sees. */
const learningFetch =
  (learning: Learning, tamper: Tamper | undefined): typeof globalThis.fetch =>
  async (input, init) => {
    const url = String(input instanceof Request ? input.url : input)
    const body = textOf(init?.body)
    const shown = shownIn(new Headers(init?.headers).get("authorization") ?? "").map((secret) =>
      learning.add("authorization", secret)
    )
    const sent = url.includes("/xml/")
      ? [...body.matchAll(/<(?:password|sessionid)>([^<]+)</g)].map(([, text]) => text ?? "")
      : secretParameters.flatMap((name) => {
          const value = parametersOf(body).get(name)
          return value === null ? [] : [learning.add(name, value)]
        })
    const secrets = [...sent, ...shown].filter((secret) => secret !== "")
    const tampered = tamper?.({ url, secrets })
    if (tampered !== undefined) {
      return new Response(tampered.text, { status: tampered.status, headers: { ...tampered.headers } })
    }
    const response = await globalThis.fetch(input, init)
    const text = await response.text()
    for (const name of secretMembers) {
      for (const [, value] of text.matchAll(new RegExp(`"${name}"\\s*:\\s*"([^"]+)"`, "g"))) learning.add(name, value)
    }
    for (const [, id] of text.matchAll(/<sessionid>([^<]+)</g)) learning.add("session id", id)
    const { status } = response
    const headers = new Headers(response.headers)
    headers.delete("content-length")
    return new Response(status === 204 || status === 304 ? null : text, { status, headers })
  }

/** A sandbox that stops with its scope. */
export const sandboxOf = (options: Omit<SandboxOptions, "clock">) =>
  Effect.acquireRelease(
    Effect.promise(() => startSandbox({ ...options, clock: "manual" })),
    (sandbox) => Effect.promise(() => sandbox.stop())
  )

/** The settings of an application in a cage: everything that it sends and is answered is learned. */
export const cagedSettings = (
  sandbox: Sandbox<"manual">,
  learning: Learning,
  key: string,
  { settings, tamper }: { readonly settings?: Settings | undefined; readonly tamper?: Tamper | undefined }
): Settings => ({
  keys: [key],
  clock: sandbox.clock,
  retry: fastRetry,
  shutdown: 100,
  // what a human is told is searched as well
  log: "console",
  fetch: learningFetch(learning, tamper),
  ...settings
})

/** Learns what of a cookie is not the same for all that is sealed with its key. */
export const learnCookie = (learning: Learning, cookie: string): string => learning.add("cookie", cookie.split(".")[2])

/** The secrets that a test makes, all of them canaries. */
export interface Secrets {
  readonly books: string
  readonly rest: string
  readonly key: string
  /** a secret that is right for nobody */
  readonly wrong: string
}

const connectionsOf = (sandbox: Sandbox<"manual">, { books, rest }: Secrets, options: OAuthCageOptions) => {
  const { username: _, ...borrowing } = vendorsOptions(sandbox, { clientSecret: rest })
  return {
    ledger: intacctXml(ledgerOptions(sandbox)),
    vendors: intacctRest.clientCredentials(
      vendorsOptions(sandbox, { clientSecret: rest, ...options.vendors?.(sandbox) })
    ),
    bridge: intacctRest.clientCredentials({ ...borrowing, session: "ledger" } as Parameters<
      typeof intacctRest.clientCredentials<"ledger">
    >[0]),
    payables: intacctRest.authorizationCode(
      payablesOptions(sandbox, { clientSecret: rest, ...options.payables?.(sandbox) })
    ),
    books: businessCloud(booksOptions(sandbox, { clientSecret: books, ...options.books?.(sandbox) }))
  }
}

/** What differs from the seeded accounts. */
export interface OAuthCageOptions {
  readonly sandbox?: Omit<SandboxOptions, "clock"> | undefined
  readonly vendors?: ((sandbox: Sandbox<"manual">) => Partial<ReturnType<typeof vendorsOptions>>) | undefined
  readonly payables?: ((sandbox: Sandbox<"manual">) => Partial<ReturnType<typeof payablesOptions>>) | undefined
  readonly books?: ((sandbox: Sandbox<"manual">) => Partial<ReturnType<typeof booksOptions>>) | undefined
  readonly settings?: Settings | undefined
  readonly tamper?: Tamper | undefined
}

/** A cage with a sandbox and an application whose every secret is a canary. */
export interface OAuthCage extends Cage {
  readonly sandbox: Sandbox<"manual">
  readonly sage: SageAuth.SageService<ReturnType<typeof connectionsOf>>
  readonly secrets: Secrets
  /** learns a secret that somebody else made */
  readonly learn: (kind: string, secret: string) => string
  /** sends a human to consent; the callback is not taken yet */
  readonly begin: (
    connection: "books" | "payables",
    tenant?: string,
    options?: ApproveOptions
  ) => Effect.Effect<AuthorizationCallback & { readonly url: string; readonly cookie: string }, unknown>
  readonly consent: (connection: "books" | "payables", tenant?: string) => Effect.Effect<unknown, unknown>
}

/** Opens a sandbox and an application, and runs a flow on them. */
export const oauthCage =
  (options: OAuthCageOptions, flow: (cage: OAuthCage) => Effect.Effect<unknown, unknown, Scope.Scope>) =>
  (cage: Cage): Effect.Effect<unknown, unknown, Scope.Scope> =>
    Effect.gen(function* () {
      const { canaries, watch } = cage
      const learning = new Learning(canaries)
      const sandbox = yield* sandboxOf({ ...options.sandbox })
      const secrets: Secrets = {
        books: canaries.plant("client secret of books"),
        rest: canaries.plant("client secret of Intacct"),
        key: learning.add("key", generateKey()),
        wrong: canaries.plant("wrong secret")
      }
      const { accounts } = sandbox
      sandbox.businessCloud.setClientSecret(accounts["business-cloud"].client.clientId, secrets.books)
      sandbox.intacctRest.setClientSecret(accounts["intacct-rest"].client.clientId, secrets.rest)
      const connections = connectionsOf(sandbox, secrets, options)
      watch.note("connection", connections)
      const sage = yield* SageAuth.make({ connections, ...cagedSettings(sandbox, learning, secrets.key, options) })
      watch.note("client", sage)
      for (const name of ["books", "payables", "vendors", "bridge"] as const) watch.note("client", sage.client(name))
      yield* cage.events(sage.events)
      const begin: OAuthCage["begin"] = (connection, tenant, approval) =>
        Effect.gen(function* () {
          const client = sage.client(connection, tenant === undefined ? {} : { tenant })
          const { cookie, url } = yield* client.authorize({ returnTo: "/settings" })
          learnCookie(learning, cookie)
          const callback = yield* Effect.promise(() => sandbox.approve(url, approval))
          learning.add("code", new URL(callback).searchParams.get("code"))
          return { url: callback, cookie }
        })
      return yield* flow({
        ...cage,
        sandbox,
        sage,
        secrets,
        learn: (kind, secret) => learning.add(kind, secret),
        begin,
        consent: (connection, tenant) =>
          Effect.flatMap(begin(connection, tenant), (callback) => sage.completeAuthorization(callback))
      })
    })

const read = promisify(execFile)

/** The bytes of a file that SQLite has open: read by another process, since closing it in this one would drop its locks. */
export const readBesideSqlite = async (path: string): Promise<Buffer> => {
  const program = "process.stdout.write(require('node:fs').readFileSync(process.argv[1]))"
  const { stdout } = await read(process.execPath, ["-e", program, path], {
    encoding: "buffer",
    maxBuffer: 64 * 1024 * 1024
  })
  return stdout
}
