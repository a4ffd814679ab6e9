import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "../../config/Result.ts"
import type { Application } from "../../application/Application.ts"
import { BoundedMap } from "../../application/BoundedMap.ts"
import { readBody } from "../../oauth2/errorBody.ts"
import type { Transport } from "../../transport/Transport.ts"
import { checkPinned, type PinnedHosts } from "./endpoint.ts"

/** What the root document says, as far as it is used here. */
export interface RootDocument {
  readonly authorise: string
  readonly token: string
  readonly folder: string
}

/** The document, or what is wrong with one of its addresses. */
export type Looked = Result.Result<RootDocument, string>

/** In milliseconds: addresses hardly ever change; a document that could not be had is asked for again soon. */
const goodFor = 24 * 60 * 60_000
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
  const said = {
    authorise: memberOf(json, "customerAccess", "authorise"),
    token: memberOf(json, "customerAccess", "token"),
    folder: memberOf(json, "customerUsage", "folder")
  }
  for (const [name, address] of Object.entries(said)) {
    const checked = address === undefined ? undefined : checkPinned(address, pinned)
    if (checked !== undefined && Result.isFailure(checked)) {
      return Result.fail(`the address of ${name} in the root document ${checked.failure}`)
    }
  }
  const { authorise, folder, token } = documented(root)
  return Result.succeed({
    authorise: said.authorise ?? authorise,
    token: said.token ?? token,
    folder: said.folder ?? folder
  })
}

/** undefined: there is none that could be read */
const ask = (transport: Transport, pinned: PinnedHosts, root: string): Effect.Effect<Looked | undefined> => {
  const request = { url: root, headers: { accept: "application/json", "user-agent": "sage-auth" } }
  return transport.authenticate({ ...request, method: "GET", limit }, timeout).pipe(
    Effect.map((answer) => {
      const body = readBody(answer.text)
      return answer.status >= 200 && answer.status < 300 && body.kind === "json"
        ? read(pinned, root, body.value)
        : undefined
    }),
    Effect.orElseSucceed(() => undefined),
    Effect.withSpan("X3Gateway.rootDocument", { kind: "client" })
  )
}

/** The root document, asked for once and not kept; the paths of Sage's pages where it cannot be had. */
export const lookOnce = (transport: Transport, pinned: PinnedHosts, root: string): Effect.Effect<Looked> =>
  Effect.map(ask(transport, pinned, root), (looked) => looked ?? Result.succeed(documented(root)))

/**
 * The root documents of the regions: each is asked for once, without a credential, and kept for a day. Where one cannot
 * be had or has a gap, the paths that Sage's pages show are used, and it is asked for again a minute later. An address on
 * a host that is not pinned is refused, whatever else the document says.
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
      // whoever asked first may leave
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
