import { assert, describe, it, onTestFinished, vi } from "vitest"
import { hearing, type Listener } from "../../src/telemetry/log.ts"
import type { SageEvent } from "../../src/telemetry/SageEvent.ts"

const books = { surface: "business-cloud", connection: "books", tenant: "acme", at: 0 } as const

/** What is said, and at which level. */
const listen = (differs: Partial<Listener> = {}) => {
  const said: Array<string> = []
  let now = 0
  const hear = hearing({
    log: {
      info: (text) => said.push(`info ${text}`),
      warn: (text) => said.push(`warn ${text}`),
      error: (text) => said.push(`error ${text}`)
    },
    now: () => now,
    concerns: () => true,
    ...differs
  })
  const moveTo = (at: number) => {
    now = at
  }
  return { hear, moveTo, said }
}

const advice = (subject: string, message: string, tenant = "acme"): SageEvent => ({
  ...books,
  type: "advice",
  subject,
  message,
  tenant
})

const ending = (daysLeft: number): SageEvent => ({
  type: "license-expiring",
  surface: "intacct-xml",
  connection: "ledger",
  tenant: "default",
  at: 0,
  expires: "2027-06-30",
  daysLeft
})

describe("a line of the log", () => {
  it("says which connection and tenant, what happened and what to do", () => {
    const { hear, said } = listen()
    hear({ ...books, type: "reauthorization-required", cause: "Revoked" })
    hear({ ...books, type: "credential-rejected", what: "client", code: "invalid_client", tenant: "default" })
    hear({ ...books, type: "recovered" })
    hear(ending(42))
    hear({ ...books, type: "certificate-expiring", connection: "erpTls", daysLeft: -1, surface: "x3-web-services" })
    hear({
      type: "budget-threshold",
      company: "acme",
      month: "2026-11",
      threshold: 0.8,
      used: 160_001,
      budget: 200_000,
      at: 0
    })
    hear(advice("unread-body", "books: the body of an answer was not read. Read it, or cancel it."))
    assert.deepStrictEqual(said, [
      "error sage-auth: books, tenant acme: a user has to consent again, because the consent was revoked. Send a user who may consent to the address that authorize() gives.",
      "error sage-auth: books: Sage refused the client (invalid_client). Correct it where it is configured. Until it changes it is sent at most every 15 minutes.",
      "info sage-auth: books, tenant acme: works again.",
      "warn sage-auth: ledger: the developer licence ends in 42 days, on 2027-06-30. Renew it with Sage, and give the new date as sender.licenseExpires.",
      "error sage-auth: erpTls, tenant acme: the client certificate has ended. Put the new one in its place: files are read again when they change.",
      "warn sage-auth: company acme: 160001 of 200000 transactions of 2026-11 are used (80 %). meter() tells more; the options budget and policy of meter say what happens at the end.",
      "warn sage-auth: books, tenant acme: the body of an answer was not read. Read it, or cancel it."
    ])
  })

  it("is an error where the budget is used up", () => {
    const { hear, said } = listen()
    hear({
      type: "budget-threshold",
      company: "acme",
      month: "2026-11",
      threshold: 1,
      used: 200_000,
      budget: 200_000,
      at: 0
    })
    assert.match(said[0] ?? "", /^error .*\(100 %\)/)
  })

  it("is said of nothing that works by itself", () => {
    const { hear, said } = listen()
    hear({ ...books, type: "session-opened", expiresAt: 1 })
    hear({ ...books, type: "credential-renewed", cause: "early", expiresAt: 1 })
    hear({ ...books, type: "rotation-done" })
    hear({ ...books, type: "rate-limited", code: "429", retryAfter: 1 })
    hear({ type: "pool-saturated", company: "acme", permits: 2, at: 0 })
    assert.deepStrictEqual(said, [])
  })

  it("is one line, of bounded length, whatever is in a name", () => {
    const { hear, said } = listen()
    hear(advice("unread-body", `a\r\n\u001b[31mb\u2028${"c".repeat(100_000)}`, "x\ny"))
    assert.strictEqual(said.length, 1)
    assert.notMatch(said[0] ?? "", /[\p{Cc}\u2028]/u)
    assert.isAtMost(said[0]?.length ?? 0, 1_100)
  })
})

describe("the log", () => {
  it("says advice once for each tenant and subject", () => {
    const { hear, said } = listen()
    for (const tenant of ["acme", "acme", "other"]) hear(advice("unread-body", "books: read it.", tenant))
    hear(advice("no-refresh-token", "books: no token."))
    assert.strictEqual(said.length, 3)
  })

  it("says of an end that comes nearer when 60, 30, 14, 7 and 1 days are left, and when it has come", () => {
    const { hear, said } = listen()
    for (let daysLeft = 60; daysLeft >= -10; daysLeft--) hear(ending(daysLeft))
    assert.deepStrictEqual(
      said.map((line) => /in \d+ days?|has ended/.exec(line)?.[0]),
      ["in 60 days", "in 30 days", "in 14 days", "in 7 days", "in 1 day", "has ended"]
    )
  })

  it("says at most 20 lines a minute, and that there were more", () => {
    const { hear, moveTo, said } = listen()
    const incidents = (from: number) => {
      for (let i = 0; i < 1_000; i++) {
        hear({ ...books, type: "reauthorization-required", cause: "Expired", tenant: `t${from + i}` })
      }
    }
    incidents(0)
    assert.strictEqual(said.length, 21)
    assert.strictEqual(
      said[20],
      "warn sage-auth: there is more to say than 20 lines in this minute. The rest of it is left out here: events() has all of it."
    )
    moveTo(60_000)
    incidents(1_000)
    assert.strictEqual(said.length, 42)
  })

  it("takes a logger that only warns", () => {
    const said: Array<string> = []
    const { hear } = listen({ log: { warn: (text) => said.push(text) } })
    hear({ ...books, type: "recovered" })
    hear({ ...books, type: "reauthorization-required", cause: "Expired" })
    assert.strictEqual(said.length, 2)
  })

  it("calls a logger as its method", () => {
    class Logger {
      readonly said: Array<string> = []
      warn(text: string): void {
        this.said.push(text)
      }
    }
    const log = new Logger()
    const { hear } = listen({ log })
    hear(advice("unread-body", "books: read it."))
    assert.strictEqual(log.said.length, 1)
  })

  it("goes on where a logger throws or rejects", async () => {
    let asked = 0
    const { hear } = listen({
      log: {
        warn: () => {
          asked++
          throw new Error("full")
        },
        error: () => {
          asked++
          return Promise.reject(new Error("full"))
        }
      }
    })
    hear(advice("unread-body", "books: read it."))
    hear({ ...books, type: "reauthorization-required", cause: "Expired" })
    // a rejection that nothing handles would end the process
    await new Promise((resolve) => setImmediate(resolve))
    assert.strictEqual(asked, 2)
  })

  it("writes to standard error alone on the console, which leaves the output to the program", () => {
    const written: Array<string> = []
    for (const name of ["debug", "log", "info"] as const) {
      vi.spyOn(console, name).mockImplementation(() => assert.fail(name))
    }
    for (const name of ["warn", "error"] as const) {
      vi.spyOn(console, name).mockImplementation((text: string) => void written.push(text))
    }
    onTestFinished(() => void vi.restoreAllMocks())
    const { hear } = listen({ log: "console" })
    hear({ ...books, type: "recovered" })
    hear({ ...books, type: "reauthorization-required", cause: "Expired" })
    assert.strictEqual(written.length, 2)
  })

  it("says nothing of what does not concern it", () => {
    const { hear, said } = listen({ concerns: (connection) => connection !== "books" })
    hear({ ...books, type: "recovered" })
    assert.deepStrictEqual(said, [])
  })
})
