import type { FaultKind } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import { type AnySandbox, authorizeUrl, call, connect, post, refresh, send, start, until } from "./support.ts"

const names = ["intacct-rest", "business-cloud"] as const
// The revocation last: it ends what the others work with.
const steps = ["authorize", "token", "api", "revoke"] as const

const paths = { "intacct-rest": "objects/accounts-payable/vendor", "business-cloud": "contacts" }

/** A request of every step, each right in itself. */
const request = (sandbox: AnySandbox, name: (typeof names)[number], step: (typeof steps)[number], tokens: Tokens) => {
  const { client } = sandbox.accounts[name]
  switch (step) {
    case "authorize":
      return send(authorizeUrl(sandbox, name))
    case "token":
      return refresh(sandbox, name, tokens.refresh)
    case "revoke":
      return post(sandbox.urls[name].revoke, {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        token: String(tokens.refresh)
      })
    case "api":
      return call(sandbox, name, paths[name], tokens.access)
  }
}

interface Tokens {
  readonly access: unknown
  readonly refresh: unknown
}

const tokensOf = async (sandbox: AnySandbox, name: (typeof names)[number]): Promise<Tokens> => {
  const answer = await connect(sandbox, name)
  return { access: answer.at("access_token"), refresh: answer.at("refresh_token") }
}

const kinds: ReadonlyArray<readonly [FaultKind, number | "lost", boolean]> = [
  ["drop-request", "lost", false],
  ["drop-response", "lost", true],
  ["truncate", "lost", true],
  ["html-502", 502, false],
  ["cloudflare-524", 524, true],
  ["status-503", 503, false],
  ["unavailable", 503, false],
  ["service-offline", 503, false],
  ["rate-limited", 429, false],
  ["rate-limited-200", 200, false],
  ["wrong-content-type", 200, true],
  ["no-content-type", 200, true]
]

describe("faults of the OAuth surfaces", () => {
  describe.each(names)("%s", (name) => {
    it.each(kinds)("%s hits every step once", async (kind, outcome) => {
      const sandbox = await start()
      const tokens = await tokensOf(sandbox, name)
      for (const step of steps) {
        sandbox.fault(name, { on: step, kind })
        const other = step === "api" ? "authorize" : "api"
        assert.strictEqual((await request(sandbox, name, other, tokens)).status, 200, step)
        const first = await request(sandbox, name, step, tokens).then(
          (answer) => answer.status,
          () => "lost"
        )
        assert.strictEqual(first, outcome, step)
      }
      sandbox.clearFaults()
    })

    it.each(kinds)("%s at the token endpoint: the work is done or not as it says", async (kind, _outcome, done) => {
      const sandbox = await start()
      const { refresh: token } = await tokensOf(sandbox, name)
      sandbox.fault(name, { on: "token", kind })
      await refresh(sandbox, name, token).catch(() => "lost")
      // A refresh token that was rotated behind the lost answer is refused now.
      assert.strictEqual((await refresh(sandbox, name, token)).status, done ? 400 : 200)
    })

    it("hang holds the caller", async () => {
      const sandbox = await start()
      const tokens = await tokensOf(sandbox, name)
      sandbox.fault(name, { on: "revoke", kind: "hang" })
      const gone = request(sandbox, name, "revoke", tokens).catch(() => "gone")
      await until(() => sandbox.requests({ step: "revoke" }).length === 1)
      await sandbox.stop()
      assert.strictEqual(await gone, "gone")
    })

    it("short-body breaks the JSON of an answer", async () => {
      const sandbox = await start()
      const { client } = sandbox.accounts[name]
      sandbox.fault(name, { on: "token", kind: "short-body" })
      const answer = await fetch(sandbox.urls[name].token, {
        method: "POST",
        body: new URLSearchParams({ client_id: client.clientId, client_secret: client.clientSecret })
      })
      const text = await answer.text()
      assert.throws(() => JSON.parse(text) as unknown)
    })

    it("slow-bytes trickles an answer", async () => {
      const sandbox = await start()
      const tokens = await tokensOf(sandbox, name)
      sandbox.fault(name, { on: "revoke", kind: "slow-bytes", every: "1 hour" })
      const answer = request(sandbox, name, "revoke", tokens)
      await until(() => sandbox.requests({ step: "revoke" }).length === 1)
      await sandbox.clock.advance("48 hours")
      assert.strictEqual((await answer).status, 200)
    })

    it("slow-answer does the work at once and answers late", async () => {
      const sandbox = await start()
      const { refresh: token } = await tokensOf(sandbox, name)
      const before = sandbox.requests().length
      sandbox.fault(name, { on: "token", kind: "slow-answer" })
      let answered = false
      const slow = refresh(sandbox, name, token).then((answer) => {
        answered = true
        return answer
      })
      await until(() => sandbox.requests().length === before + 1)
      await sandbox.clock.advance("19 seconds")
      assert.isFalse(answered)
      // The refresh token is used up already; a second request is served meanwhile.
      assert.strictEqual((await refresh(sandbox, name, token)).status, 400)
      await sandbox.clock.advance("1 second")
      assert.strictEqual((await slow).status, 200)
    })

    it("can be hit by grant type or by the path below the API's base", async () => {
      const sandbox = await start()
      sandbox.fault(name, { on: "refresh_token", kind: "status-503" })
      sandbox.fault(name, { on: paths[name], kind: "status-503" })
      const tokens = await tokensOf(sandbox, name)
      assert.strictEqual(
        (await call(sandbox, name, "elsewhere", tokens.access)).status,
        name === "intacct-rest" ? 404 : 501
      )
      assert.strictEqual((await request(sandbox, name, "api", tokens)).status, 503)
      assert.strictEqual((await request(sandbox, name, "token", tokens)).status, 503)
      assert.strictEqual((await request(sandbox, name, "token", tokens)).status, 200)
    })

    it("an authorization server is away for ten minutes of the clock, and back after them", async () => {
      const sandbox = await start()
      const tokens = await tokensOf(sandbox, name)
      for (const on of ["token", "authorize"]) sandbox.fault(name, { on, kind: "unavailable", duration: "10 minutes" })
      for (let minute = 0; minute < 10; minute++) {
        const away = await request(sandbox, name, "token", tokens)
        assert.deepStrictEqual([away.status, away.json], [503, { error: "temporarily_unavailable" }])
        assert.strictEqual((await request(sandbox, name, "authorize", tokens)).status, 503)
        await sandbox.clock.advance("1 minute")
      }
      assert.strictEqual((await request(sandbox, name, "authorize", tokens)).status, 200)
      assert.strictEqual((await request(sandbox, name, "token", tokens)).status, 200)
    })
  })

  it("with a duration and a number of times end with whichever comes first", async () => {
    const sandbox = await start()
    const statuses = async () => (await send(authorizeUrl(sandbox, "business-cloud"))).status
    sandbox.fault("business-cloud", { on: "*", kind: "status-503", duration: "1 minute", times: 1 })
    assert.deepStrictEqual([await statuses(), await statuses()], [503, 200])
    sandbox.fault("business-cloud", { on: "*", kind: "status-503", duration: "1 minute", times: 9 })
    await sandbox.clock.advance("1 minute")
    assert.strictEqual(await statuses(), 200)
    const fault = (given: object) => () => sandbox.fault("business-cloud", { on: "*", kind: "unavailable", ...given })
    assert.throws(fault({ duration: "soon" }), /duration must be/)
    assert.throws(fault({ delay: -1 }), /delay must be/)
  })

  it("carry the status and headers they are given", async () => {
    const sandbox = await start()
    const tokens = await tokensOf(sandbox, "business-cloud")
    sandbox.fault("business-cloud", { on: "api", kind: "rate-limited", headers: { "retry-after": "9" } })
    const answer = await request(sandbox, "business-cloud", "api", tokens)
    assert.deepStrictEqual([answer.status, answer.headers.get("retry-after")], [429, "9"])
  })
})
