import { assert, describe, it } from "vitest"
import { kill, longLived, secondsServed, shortLived } from "../../src/grants/deadServers.ts"
import { call, consent, endOf, flows, openGrants, refreshes } from "../../src/grants/world.ts"
import { begun, settle, until } from "../../src/settle.ts"

// the storms try the other connections and the other ways to be away
longLived("payables", "unavailable")
shortLived("drop-request")

describe("while the authorization server is not there at all", () => {
  it("calls succeed by the token in hand, and nothing is in doubt when it is back", async () => {
    const world = await openGrants()
    await consent(world, "books")
    // the token endpoint alone is gone: its port refuses at an address at which no other test listens either
    const gone = await openGrants()
    await gone.sandbox.stop()
    const token = new URL(gone.sandbox.urls["business-cloud"].token)
    token.hostname = process.platform === "linux" ? "127.0.0.77" : token.hostname
    const { fetch } = globalThis
    let away = true
    globalThis.fetch = (input, init) =>
      fetch(away && new Request(input, init).url.endsWith("/token") ? token : input, init)
    try {
      const seconds = await secondsServed(world, "books")
      assert.isAtLeast(seconds, 90)
      assert.isBelow(seconds, 300)
      assert.strictEqual(await endOf(call(world, "books")), "client.not-sent")
      assert.strictEqual((await world.sage.client("books").status()).state, "connected")
      away = false
      assert.strictEqual(await endOf(call(world, "books")), "HTTP 200")
    } finally {
      globalThis.fetch = fetch
    }
    assert.strictEqual((await world.events.of("rotation-in-doubt")).length, 0)
  })
})

describe("while the authorization server takes connections and answers nothing", () => {
  it("callers are released by their deadlines, and the next is served once it is back and what hung is given up", async () => {
    const world = await openGrants()
    const { clock } = world.sandbox
    await consent(world, "books")
    await clock.advance("5 minutes")
    kill(world, "books", "hang")
    const asked = () => world.sandbox.requests({ step: "token" }).length
    const before = asked()
    for (let callers = 0; callers < 20; callers++) {
      const waiting = begun(endOf(call(world, "books", { deadline: "5 seconds" })))
      if (callers === 0) await until("the request arrived", () => asked() === before + 1)
      await settle()
      await clock.advance("5 seconds")
      assert.strictEqual(await waiting, "client.deadline-exceeded")
      // a token request has a minute, and its replay begins in the moment in which it is over
      if (callers === 11) await until("the replay arrived", () => asked() === before + 2)
    }
    world.sandbox.clearFaults()
    // the replay hangs too, from before the server was back
    const waiting = begun(endOf(call(world, "books", { deadline: "2 minutes" })))
    await clock.advance("20 seconds")
    assert.strictEqual(await waiting, "client.answer-lost")
    assert.strictEqual((await world.sage.client("books").status()).state, "in-doubt")
    assert.strictEqual(await endOf(call(world, "books")), "HTTP 200")
    assert.strictEqual((await world.sage.client("books").status()).state, "connected")
    assert.strictEqual(asked(), before + 3)
    assert.strictEqual((await world.events.of("reauthorization-required")).length, 0)
  })
})

describe("keep-alive", () => {
  // whichever of them comes first
  for (const [hung, other] of [
    ["books", "payables"],
    ["payables", "books"]
  ] as const) {
    it(`renews the grants of ${other} while the servers of ${hung} hang`, async () => {
      const world = await openGrants()
      const { clock } = world.sandbox
      await consent(world, hung)
      await consent(world, other)
      await clock.advance("7 days")
      kill(world, hung, "hang")
      const sent = (flow: keyof typeof flows) => refreshes(world.sandbox, flows[flow].surface)
      const [before, asked] = [sent(other), sent(hung)]
      const pass = begun(world.sage.keepAlive())
      await until("the request that hangs arrived", () => sent(hung) === asked + 1)
      await until("the other is renewed", () => sent(other) === before + 1)
      // its request and the replay have a minute each
      await clock.advance("1 minute")
      await until("the replay arrived", () => sent(hung) === asked + 2)
      await clock.advance("1 minute")
      const { due, failed, renewed } = await pass
      assert.deepStrictEqual([due, renewed, failed.map(({ connection }) => connection)], [2, 1, [hung]])
    })
  }
})
