import { type IntacctXmlClient, type IntacctXmlOptions, intacctXml, type Settings } from "@sage-auth/core"
import { SageAuth } from "@sage-auth/core/effect"
import { type Sandbox, type SandboxOptions, startSandbox } from "@sage-auth/sandbox"
import { Effect, type Scope } from "effect"
import type { Cage, Canaries } from "./canary.ts"
import { fastRetry, ledgerOptions } from "./world.ts"

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

const unescaped = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&")

/** Changes what the server answered to a request, both as they are on the wire. */
export type Tamper = (answer: string, request: string) => string

/**
 * The platform's fetch, which learns every session id. The client knows each under another name, one with everything in
 * it that XML and URLs treat specially, so that a leak of an encoded id is a leak that can be told.
 */
const spyingFetch = (canaries: Canaries, tamper: Tamper): typeof globalThis.fetch => {
  const disguises = new Map<string, string>()
  const disguised = (id: string): string => {
    const known = disguises.get(id)
    if (known !== undefined) return known
    const disguise = canaries.plant(`session id ${disguises.size + 1}`)
    canaries.add(`session id ${disguises.size + 1} on the wire`, id)
    disguises.set(id, disguise)
    return disguise
  }
  const outward = (body: string): string =>
    body.replace(/(?<=<sessionid>)[^<]+/, (sent) => {
      const found = [...disguises].find(([, disguise]) => disguise === unescaped(sent))
      return found?.[0] ?? sent
    })
  const inward = (body: string): string => {
    for (const [, id] of body.matchAll(/<sessionid>([^<]+)<\/sessionid>/g)) disguised(unescaped(id as string))
    return [...disguises].reduce((text, [id, disguise]) => text.replaceAll(id, escaped(disguise)), body)
  }
  return async (input, init) => {
    const request = new Request(input, init)
    const body = await request.text()
    const { headers, method, signal, url } = request
    const response = await globalThis.fetch(url, { method, headers, body: outward(body), redirect: "manual", signal })
    const answered = new Headers(response.headers)
    answered.delete("content-length")
    return new Response(tamper(inward(await response.text()), body), { status: response.status, headers: answered })
  }
}

/** A cage with a sandbox and an application whose every secret is a canary. */
export interface IntacctXmlCage extends Cage {
  readonly sandbox: Sandbox<"manual">
  readonly ledger: IntacctXmlClient<"effect">
  /** a client of another tenant */
  readonly tenant: (tenant: string) => IntacctXmlClient<"effect">
}

/** What differs from one login with its password in the options. */
export interface IntacctXmlCageOptions {
  readonly sandbox?: Omit<SandboxOptions, "clock"> | undefined
  readonly ledger?: ((sandbox: Sandbox<"manual">, secrets: Secrets) => Partial<IntacctXmlOptions>) | undefined
  readonly settings?: Settings | undefined
  readonly tamper?: Tamper | undefined
}

/** The passwords of the sandbox, all of them canaries. */
export interface Secrets {
  readonly sender: string
  readonly login: string
  /** a password that is right for nobody */
  readonly wrong: string
}

/** Opens a sandbox and an application, and runs a flow on them. */
export const intacctXmlCage =
  (options: IntacctXmlCageOptions, flow: (cage: IntacctXmlCage) => Effect.Effect<unknown, unknown, Scope.Scope>) =>
  (cage: Cage): Effect.Effect<unknown, unknown, Scope.Scope> =>
    Effect.gen(function* () {
      const { canaries, watch } = cage
      const sandbox = yield* Effect.acquireRelease(
        Effect.promise(() => startSandbox({ ...options.sandbox, clock: "manual" })),
        (sandbox) => Effect.promise(() => sandbox.stop())
      )
      const secrets: Secrets = {
        sender: canaries.plant("sender password"),
        login: canaries.plant("login password"),
        wrong: canaries.plant("wrong password")
      }
      const { limited, login, restricted, sender, unauthorised, expired, ...others } = sandbox.accounts["intacct-xml"]
      sandbox.intacct.setSenderPassword({ id: sender.id, password: secrets.sender })
      for (const account of [limited, login, restricted, unauthorised, expired, others.console]) {
        sandbox.intacct.setPassword({ ...account, password: secrets.login })
      }
      const connection = intacctXml({
        ...ledgerOptions(sandbox),
        sender: { ...sender, password: secrets.sender },
        login: { companyId: login.companyId, userId: login.userId, password: secrets.login },
        ...options.ledger?.(sandbox, secrets)
      } as IntacctXmlOptions)
      watch.note("connection", connection)
      const sage = yield* SageAuth.make({
        connections: { ledger: connection },
        clock: sandbox.clock,
        retry: fastRetry,
        shutdown: 100,
        // what a human is told is searched as well
        log: "console",
        fetch: spyingFetch(canaries, options.tamper ?? ((answer) => answer)),
        ...options.settings
      })
      const ledger = sage.client("ledger")
      watch.note("client", sage)
      watch.note("client", ledger)
      yield* cage.events(sage.events)
      return yield* flow({ ...cage, sandbox, ledger, tenant: (tenant) => sage.client("ledger", { tenant }) })
    })
