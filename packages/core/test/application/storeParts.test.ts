import { onTestFinished, assert, describe, it } from "vitest"
import { businessCloud } from "../../src/business-cloud/businessCloud.ts"
import { createSageAuth } from "../../src/createSageAuth.ts"
import { isSageAuthError } from "../../src/errors/SageAuthError.ts"
import { generateKey } from "../../src/grant/keys.ts"
import type { StorePort } from "../../src/grant/StorePort.ts"
import { intacctXml } from "../../src/intacct-xml/intacctXml.ts"
import { storeSuite } from "../../src/testing/grantStoreSuite.ts"
import type { SageEvent } from "../../src/telemetry/SageEvent.ts"
import { x3 } from "../../src/x3/x3.ts"
import { memoryPort } from "../grant/memoryPort.ts"

const redirectUri = "https://app.example/sage/callback/books"
const client = { clientId: "id", clientSecret: "s3cret" }
const books = businessCloud({ ...client, redirectUri })
const ledger = intacctXml({
  sender: { id: "sender", password: "s3cret" },
  login: { companyId: "acme", userId: "user", password: "s3cret" }
})
const erp = x3.onPremise({ baseUrl: "https://x3.example", auth: x3.basic({ user: "u", password: "s3cret" }) })

const whole = memoryPort()
const { meters: _meters, once: _once, ...grantsAlone } = whole

/** The subjects of all advice of an application that has opened its store, twice. */
const advised = async (store: StorePort, connections: object): Promise<ReadonlyArray<string>> => {
  const sage = createSageAuth({
    connections: connections as { readonly books: typeof books },
    store,
    keys: [generateKey()]
  })
  const seen: Array<SageEvent> = []
  const reading = (async () => {
    for await (const event of sage.events()) seen.push(event)
  })()
  await sage.ready()
  await sage.keepAlive()
  await sage.close()
  await reading
  return seen.flatMap((event) => (event.type === "advice" ? [`${event.connection} ${event.subject}`] : []))
}

describe("a store that leaves out a part", () => {
  storeSuite({ name: "with grants alone", open: () => ({ ...grantsOf(memoryPort()) }), durable: false, describe, it })

  it("is said once, of connections that have it in memory now", async () => {
    assert.deepStrictEqual(await advised(grantsAlone, { erp, ledger, books }), [
      "books consents-in-memory",
      "ledger meters-in-memory"
    ])
    assert.deepStrictEqual(await advised({ ...whole, meters: undefined }, { erp, ledger, books }), [
      "ledger meters-in-memory"
    ])
  })

  it("is not said of a store that has everything, nor where nothing needs it", async () => {
    assert.deepStrictEqual(await advised(whole, { erp, ledger, books }), [])
    assert.deepStrictEqual(await advised(grantsAlone, { erp }), [])
  })
})

const grantsOf = ({ grants }: StorePort): StorePort => ({ durable: false, grants })

/** What an option of another Effect's is refused with. */
const refusalOf = (config: object): string => {
  try {
    const sage = createSageAuth(config as never)
    onTestFinished(() => sage.close())
    return "it was taken"
  } catch (thrown) {
    assert.isTrue(isSageAuthError(thrown))
    return (thrown as Error).message
  }
}

const gateway = (schedule: unknown) =>
  x3.gateway({
    ...client,
    rootUrl: "https://api.eu-sagex3.com/v1",
    redirectUri,
    customer: "https://x3.example",
    scope: "api",
    pairing: { schedule: schedule as never }
  })

const madeBy3 = (kind: string) => ({ [Symbol.for(`effect/${kind}`)]: { _A: () => {} }, pipe: () => {} })

const madeBy4 = (kind: string) => ({ [`~effect/${kind}`]: {}, pipe: () => {}, grants: {}, acquire: 1, state: 1 })

describe("what another Effect made", () => {
  const keys = [generateKey()]
  it.each([
    ["store", (made: typeof madeBy3) => ({ connections: { books }, keys, store: made("Layer") })],
    ["coordination", (made: typeof madeBy3) => ({ connections: { books }, coordination: made("Layer") })],
    ["retry.transient", (made: typeof madeBy3) => ({ connections: { books }, retry: { transient: made("Schedule") } })],
    ["connections.g.pairing.schedule", (made: typeof madeBy3) => ({ connections: { g: gateway(made("Schedule")) } })],
    [
      "connections.books.clientSecret",
      (made: typeof madeBy3) => ({
        connections: { books: businessCloud({ ...client, redirectUri, clientSecret: made("Redacted") as never }) }
      })
    ],
    ["keys", (made: typeof madeBy3) => ({ connections: { books }, keys: [made("Redacted")] })]
  ] as const)("as %s is refused, with what to import", (option, config) => {
    for (const [made, said] of [
      [madeBy3, "of Effect 3 cannot be used here"],
      [madeBy4, '"@sage-auth/core/effect"']
    ] as const) {
      const refusal = refusalOf(config(made))
      assert.include(refusal, option)
      assert.include(refusal, said)
    }
  })
})
