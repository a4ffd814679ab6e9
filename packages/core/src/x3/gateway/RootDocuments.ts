import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Application } from "../../application/Application.ts"
import { BoundedMap } from "../../application/BoundedMap.ts"
import * as Result from "../../config/Result.ts"
import { day } from "../../config/duration.ts"
import { checkSandboxUrl } from "../../config/hosts.ts"
import { mask, makeMasker, type KnownSecret } from "../../errors/maskSecrets.ts"
import { parseBody } from "../../oauth2/errorBody.ts"
import { inSpan } from "../../telemetry/instrumentation.ts"
import type { Transport } from "../../transport/Transport.ts"
import { hostOf, withoutSlashes } from "./options.ts"

/** Which hosts a connection's credentials may go to. */
interface PinnedHosts {
  /** as `hostOf` writes them */
  readonly hosts: ReadonlySet<string>
  readonly plainHttp: boolean
  /** what a foreign host must not show: the client's secret, where it is one and no function */
  readonly clientSecret?: unknown
}

/** how much of a host is shown, in characters */
const longestHost = 100

/** tokens are longer than the parts of hosts that people give a name */
const longestPart = 40

/** Nothing but what a host is made of goes into a message, and no secret: the name of a host may hold one. */
const shownHost = ({ hostname }: URL, secrets: ReadonlyArray<KnownSecret>): string => {
  if (!/^[\w.-]+$/.test(hostname)) return ""
  const masked = makeMasker(secrets)(hostname)
  const shown = masked.split(".").map((part) => (part.length > longestPart ? mask : part))
  const host = shown.join(".")
  return ` (${host.length > longestHost ? `${host.slice(0, longestHost - 1)}…` : host})`
}

/**
 * Checks an address that came from outside: from a callback, the root document, or the store. The gateway's regions are
 * domains of their own (`api.<region>-sagex3.com`), which anybody can register. The one who begins a pairing knows its
 * `state` and can post a callback. An address that only looks like a region must not get the client's secret. So the
 * host is that of `rootUrl`, or one that the configuration names.
 *
 * Fails with what is wrong, in plain words and without `secrets`: what came with the address.
 */
export const checkPinned = (
  address: string,
  { clientSecret, hosts, plainHttp }: PinnedHosts,
  secrets: ReadonlyArray<KnownSecret> = []
): Result.Result<string, string> => {
  const checked = checkSandboxUrl(address)
  if (Result.isFailure(checked)) return Result.fail("is not a URL that can be used")
  const url = checked.success
  if (url.search !== "" || url.hash !== "") return Result.fail("has a query or a fragment")
  if (url.protocol !== "https:" && !plainHttp) return Result.fail("is not https")
  if (hosts.has(hostOf(url, plainHttp))) return Result.succeed(withoutSlashes(url.href))
  const known = Redacted.isRedacted(clientSecret) ? [...secrets, clientSecret as KnownSecret] : secrets
  return Result.fail(
    `is on another host${shownHost(url, known)} than rootUrl; where that is a region of Sage's, name its root in regions`
  )
}

/** What the root document says, as far as it is used here. */
export interface RootDocument {
  readonly authorise: string
  readonly token: string
  readonly folder: string
}

/** The document, or what is wrong with one of its addresses. */
export type Looked = Result.Result<RootDocument, string>

/** In milliseconds: addresses hardly ever change; a document that could not be had is asked for again soon. */
const goodFor = day
const badFor = 60_000

const timeout = 10_000
const limit = 64 * 1024

/** Where everything is below a root, as Sage's pages show it. */
const documented = (root: string): RootDocument => ({
  authorise: `${root}/token/authorise`,
  token: `${root}/token`,
  folder: `${root}/folders`
})

const memberOf = (json: unknown, group: string, name: string): string | undefined => {
  const found = Predicate.hasProperty(json, group) ? json[group] : undefined
  const value = Predicate.hasProperty(found, name) ? found[name] : undefined
  return typeof value === "string" && value !== "" ? value : undefined
}

const read = (pinned: PinnedHosts, root: string, json: unknown): Looked | undefined => {
  if (!Predicate.hasProperty(json, "customerAccess")) return undefined
  const addresses = {
    authorise: memberOf(json, "customerAccess", "authorise"),
    token: memberOf(json, "customerAccess", "token"),
    folder: memberOf(json, "customerUsage", "folder")
  }
  for (const [name, address] of Object.entries(addresses)) {
    const checked = address === undefined ? undefined : checkPinned(address, pinned)
    if (checked !== undefined && Result.isFailure(checked)) {
      return Result.fail(`the address of ${name} in the root document ${checked.failure}`)
    }
  }
  const { authorise, folder, token } = documented(root)
  return Result.succeed({
    authorise: addresses.authorise ?? authorise,
    token: addresses.token ?? token,
    folder: addresses.folder ?? folder
  })
}

/** undefined: there is none that could be read */
const ask = (transport: Transport, pinned: PinnedHosts, root: string): Effect.Effect<Looked | undefined> => {
  const request = { url: root, headers: { accept: "application/json", "user-agent": "sage-auth" } }
  return transport.authenticate({ ...request, method: "GET", limit }, timeout).pipe(
    Effect.map((answer) => {
      const body = parseBody(answer.text)
      return answer.status >= 200 && answer.status < 300 && body.kind === "json"
        ? read(pinned, root, body.value)
        : undefined
    }),
    Effect.orElseSucceed(() => undefined),
    inSpan("X3Gateway.rootDocument", { kind: "client" })
  )
}

/** The root document, asked for once and not kept; the paths of Sage's pages where it cannot be had. */
export const lookOnce = (transport: Transport, pinned: PinnedHosts, root: string): Effect.Effect<Looked> =>
  Effect.map(ask(transport, pinned, root), (looked) => looked ?? Result.succeed(documented(root)))

/**
 * The root documents of the regions: each is asked for once, without a credential, and kept for a day. Where one cannot
 * be had or has a gap, the paths that Sage's pages show are used, and it is asked for again a minute later. An address
 * on a host that is not pinned is refused, whatever else the document says.
 *
 * Source: developer.sage.com, X3, Authorization token endpoints (root API).
 */
export class RootDocuments {
  readonly #application: Application
  readonly #transport: Transport
  readonly #pinned: PinnedHosts
  /** by root, which all tenants of a region share */
  readonly #known: BoundedMap<{ readonly looked: Looked; readonly until: number }>
  /** only while one is asked for */
  readonly #asking = new Map<string, Deferred.Deferred<Looked>>()

  constructor(application: Application, transport: Transport, pinned: PinnedHosts) {
    this.#application = application
    this.#known = new BoundedMap(application.settings.capacity)
    this.#transport = transport
    this.#pinned = pinned
  }

  /** the document of a root that was checked */
  look(root: string): Effect.Effect<Looked> {
    return Effect.suspend(() => {
      const known = this.#known.get(root)
      if (known !== undefined && this.#application.now() < known.until) return Effect.succeed(known.looked)
      const asking = this.#asking.get(root)
      if (asking !== undefined) return Deferred.await(asking)
      const asked = Deferred.makeUnsafe<Looked>()
      this.#asking.set(root, asked)
      // the first caller may leave
      this.#application.detach(
        Effect.map(Effect.exit(ask(this.#transport, this.#pinned, root)), (exit) => {
          const got = exit._tag === "Success" ? exit.value : undefined
          const looked: Looked = got ?? Result.succeed(documented(root))
          this.#known.set(root, {
            looked,
            until: this.#application.now() + (got !== undefined && Result.isSuccess(got) ? goodFor : badFor)
          })
          this.#asking.delete(root)
          Deferred.doneUnsafe(asked, Effect.succeed(looked))
        })
      )
      return Deferred.await(asked)
    })
  }
}
