import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { HttpAnswer } from "../../../src/transport/Answer.ts"
import type { Request, Transport } from "../../../src/transport/Transport.ts"
import { TransportFailure } from "../../../src/transport/TransportFailure.ts"
import { RootDocuments } from "../../../src/x3/gateway/RootDocuments.ts"
import { openApplication } from "../../application/openApplication.ts"
import * as Result from "../../../src/config/Result.ts"

const root = "https://api.myregion-sagex3.com/v1"

/** as Sage's page shows it */
const document = {
  customerAccess: { authorise: `${root}/token/authorise`, token: `${root}/token` },
  customerUsage: {
    folder: `${root}/folders`,
    graphQL: `${root}/service/{endPoint}/api`,
    dataIngestion: `${root}/dataingestion/{folderName}`,
    dataDelivery: `${root}/datadelivery/{folderName}`
  },
  apiDoc: `${root}/swagger`,
  businessDomains: ["ALL"]
}

const documented = { authorise: `${root}/token/authorise`, token: `${root}/token`, folder: `${root}/folders` }

const answer = (json: unknown, status = 200): HttpAnswer => ({
  status,
  headers: new Headers(),
  text: typeof json === "string" ? json : JSON.stringify(json),
  arrivedAt: 0
})

const plain = () => Promise.reject(new Error("root documents are asked for as effects"))

const open = (respond: () => Effect.Effect<HttpAnswer, TransportFailure>) =>
  Effect.gen(function* () {
    const { application } = yield* openApplication()
    const requests: Array<Request> = []
    const send = (request: Request) =>
      Effect.suspend(() => {
        requests.push(request)
        return respond()
      })
    const transport: Transport = { authenticate: send, call: send, callPlainly: plain }
    const pinned = { hosts: new Set(["api.myregion-sagex3.com"]), plainHttp: false }
    return { documents: new RootDocuments(application, transport, pinned), requests }
  })

const lost = new TransportFailure({ problem: "refused", processed: "no", code: "ECONNREFUSED" })

describe("the root document", () => {
  it.effect("is asked for once, without a credential, and says where the servers are", () =>
    Effect.gen(function* () {
      const other = { ...document, customerAccess: { authorise: `${root}/a`, token: `${root}/t` } }
      const { documents, requests } = yield* open(() => Effect.delay(Effect.succeed(answer(other)), 10))
      const looks = yield* Effect.forkChild(
        Effect.all([documents.look(root), documents.look(root)], { concurrency: 2 }),
        { startImmediately: true }
      )
      yield* TestClock.adjust(20)
      const [one, both] = yield* Effect.suspend(() => looks.pollUnsafe() ?? Effect.die("it waits"))
      assert.deepStrictEqual(one, Result.succeed({ ...documented, authorise: `${root}/a`, token: `${root}/t` }))
      assert.strictEqual(both, one)
      assert.strictEqual(requests.length, 1)
      assert.deepStrictEqual(Object.keys(requests[0]?.headers ?? {}).toSorted(), ["accept", "user-agent"])
      yield* TestClock.adjust("23 hours")
      yield* documents.look(root)
      assert.strictEqual(requests.length, 1)
    })
  )

  for (const [what, respond] of [
    ["cannot be had", () => Effect.fail(lost)],
    ["is a web page", () => Effect.succeed(answer("<html></html>"))],
    ["is something else", () => Effect.succeed(answer({ message: "Not Found" }))],
    ["is refused", () => Effect.succeed(answer(document, 503))],
    ["has gaps", () => Effect.succeed(answer({ customerAccess: {} }))]
  ] as const) {
    it.effect(`that ${what} leaves the documented paths`, () =>
      Effect.gen(function* () {
        const { documents } = yield* open(respond)
        assert.deepStrictEqual(yield* documents.look(root), Result.succeed(documented))
      })
    )
  }

  it.effect("that could not be had is asked for again after a minute", () =>
    Effect.gen(function* () {
      let good = false
      const { documents, requests } = yield* open(() => (good ? Effect.succeed(answer(document)) : Effect.fail(lost)))
      yield* documents.look(root)
      yield* documents.look(root)
      assert.strictEqual(requests.length, 1)
      good = true
      yield* TestClock.adjust("1 minute")
      yield* documents.look(root)
      yield* TestClock.adjust("10 minutes")
      yield* documents.look(root)
      assert.strictEqual(requests.length, 2)
    })
  )

  it.effect("that leads to a foreign host is refused, whichever address it is", () =>
    Effect.gen(function* () {
      const foreign = "https://api.evil-sagex3.com/v1/token"
      for (const changed of [
        { customerAccess: { ...document.customerAccess, token: foreign } },
        { customerAccess: { ...document.customerAccess, authorise: foreign } },
        { customerUsage: { folder: foreign } }
      ]) {
        const { documents } = yield* open(() => Effect.succeed(answer({ ...document, ...changed })))
        const looked = yield* documents.look(root)
        assert.match(
          Result.getOrElse(looked, (failure) => failure) as string,
          /in the root document is on another host \(api\.evil-sagex3\.com\)/
        )
      }
    })
  )
})
