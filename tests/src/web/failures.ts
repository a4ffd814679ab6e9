import { assert, describe, it } from "vitest"
import { consent, openWorld, type WebAdapter } from "./world.ts"

export const failuresSuite = (adapter: WebAdapter): void => {
  describe(`a failure with ${adapter.name}`, () => {
    it("tells a program where a human connects, and sends a browser there", async () => {
      const { browser } = await openWorld(adapter)
      for (const path of ["/contacts", "/unguarded"]) {
        const answer = await browser.fetch(path)
        assert.strictEqual(answer.status, 403, path)
        assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/)
        assert.strictEqual(answer.headers["cache-control"], "no-store")
        const problem = JSON.parse(answer.text) as Readonly<Record<string, unknown>>
        assert.deepInclude(problem, {
          status: 403,
          code: "client.never-authorized",
          connection: "books",
          connectUrl: "/sage/connect/books",
          retryable: false
        })
        assert.include(String(problem["remedy"]), "Send a user")
        assert.notProperty(problem, "tenant")
        const { headers, status } = await browser.open(path)
        assert.deepStrictEqual(
          [status, headers["location"]],
          [303, `/sage/connect/books?returnTo=${encodeURIComponent(path)}`]
        )
      }
    })

    it("says when to come back", async () => {
      const world = await openWorld(adapter)
      await consent(world, world.browser, "/sage/connect/books")
      await world.sandbox.clock.advance("6 minutes")
      world.sandbox.fault("business-cloud", {
        on: "token",
        kind: "rate-limited",
        times: 10,
        headers: { "retry-after": "7" }
      })
      const answer = await world.browser.fetch("/contacts")
      assert.strictEqual(answer.status, 429)
      assert.strictEqual(answer.headers["retry-after"], "7")
    })

    it("of a server that is away is a page for a human, and no reason to consent again", async () => {
      const world = await openWorld(adapter)
      await consent(world, world.browser, "/sage/connect/books")
      await world.sandbox.clock.advance("6 minutes")
      world.sandbox.fault("business-cloud", { on: "token", kind: "unavailable", times: 10 })
      const answer = await world.browser.open("/contacts")
      assert.strictEqual(answer.status, 503)
      assert.match(String(answer.headers["content-type"]), /^text\/html/)
      assert.notInclude(answer.text, "/sage/connect")
    })
  })
}

/** What requests that meet share, whoever has read them. */
export const renewalsSuite = (adapter: WebAdapter): void => {
  describe(`an expired credential with ${adapter.name}`, () => {
    it("is renewed once for 100 requests at a time", async () => {
      const world = await openWorld(adapter)
      const { browser, sandbox } = world
      await consent(world, browser, "/sage/connect/books")
      assert.strictEqual((await browser.fetch("/contacts")).status, 200)
      await sandbox.clock.advance("6 minutes")
      const before = sandbox.requests({ step: "token" }).length
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, index) => browser.fetch(index % 2 === 0 ? "/contacts" : "/unguarded"))
      )
      assert.deepStrictEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
      assert.strictEqual(sandbox.requests({ step: "token" }).length - before, 1)
    })
  })
}
