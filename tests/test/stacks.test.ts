import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { createSageAuth } from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf } from "../src/failureOf.ts"
import { openWorld, type World } from "../src/oauth/world.ts"
import { begun } from "../src/settle.ts"

const vendor = "objects/accounts-payable/vendor"

const noSecret = { clientSecret: "wrong" }

const opened = (): Promise<World> => openWorld({ vendors: noSecret, settings: { deadline: "5 seconds" } })

/** the names of functions that stand in a stack with a line of this file */
const ownLines = (stack: string | undefined): ReadonlyArray<string> =>
  (stack ?? "")
    .split("\n")
    .flatMap((line) => /at (?:async )?(\w+) \(.*stacks\.test\.ts:\d+:\d+\)$/.exec(line)?.[1] ?? [])

const stackOf = async (promise: Promise<unknown>): Promise<string | undefined> => (await failureOf(promise)).stack

describe("the stack of an error that a promise rejects with", () => {
  const calls: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
    fetch: ({ sage }) => sage.client("vendors").fetch(vendor),
    "fetch in an entity": ({ sage }) => sage.client("vendors").entity("E1").fetch(vendor),
    headers: ({ sage }) => sage.client("vendors").headers(),
    run: ({ sage }) => sage.client("vendors").run(async () => 1),
    refresh: ({ sage }) => sage.client("vendors").refresh(),
    session: ({ sage }) => sage.client("vendors").session(),
    meter: ({ sage }) => sage.client("vendors").meter({ used: -1 }),
    execute: ({ sage }) => sage.client("ledger").execute([{ readByQuery: { object: "NONE", fields: "*", query: "" } }]),
    authorize: ({ sage }) => sage.client("payables").authorize({ returnTo: "https://elsewhere.example" }),
    completeAuthorization: ({ sage }) => sage.completeAuthorization({ url: "https://app.example/?state=x&code=y" }),
    "a tenant without consent": ({ sage }) => sage.client("books", { tenant: "new" }).fetch("contacts")
  }

  it.each(Object.entries(calls))("ends in the line that called: %s, the first and any other time", async (_, call) => {
    const world = await opened()
    const callsIt = async () => {
      await call(world)
    }
    const returnsIt = async () => call(world)
    const waitsForIt = async () => {
      await returnsIt()
    }
    for (const time of ["first", "second"]) assert.include(ownLines(await stackOf(callsIt())), "callsIt", time)
    assert.include(ownLines(await stackOf(waitsForIt())), "waitsForIt")
  })

  it("ends there too with a credential in hand: no answer, an error in the answer, a deadline", async () => {
    const world = await openWorld({ settings: { deadline: "5 seconds" } })
    const { sage, sandbox } = world
    const fetches = async () => {
      await sage.client("vendors").fetch(vendor, { method: "POST", body: "{}" })
    }
    const executes = async () => {
      await sage.client("ledger").execute([{ readByQuery: { object: "NONE", fields: "*", query: "" } }])
    }
    await sage.client("vendors").headers()
    await sage.client("ledger").session()
    sandbox.fault("intacct-rest", { on: vendor, kind: "drop-response" })
    assert.include(ownLines(await stackOf(fetches())), "fetches")
    assert.include(ownLines(await stackOf(executes())), "executes")
    sandbox.fault("intacct-rest", { on: vendor, kind: "hang" })
    const hung = begun(failureOf(fetches()))
    await sandbox.clock.advance("6 seconds")
    const { reason, stack } = await hung
    assert.strictEqual(reason._tag, "DeadlineExceeded")
    assert.include(ownLines(stack), "fetches")
  })

  it("is each caller's own where several wait for the same", async () => {
    const { sage, sandbox } = await opened()
    const one = async () => {
      await sage.client("vendors").headers()
    }
    const two = async () => {
      await sage.client("vendors").headers()
    }
    const three = async () => {
      await Promise.all([sage.client("vendors").headers(), sage.client("vendors").headers()])
    }
    const [first, second, third] = await Promise.all([one(), two(), three()].map(failureOf))
    assert.strictEqual(sandbox.requests({ step: "token" }).length, 1)
    assert.deepStrictEqual(
      [first, second, third].map((error) => ownLines(error?.stack)),
      [["one"], ["two"], ["three"]]
    )
    assert.deepStrictEqual(
      Object.fromEntries(Object.entries(second ?? {})),
      Object.fromEntries(Object.entries(first ?? {}))
    )
    assert.strictEqual(second?.reason, first?.reason)
    assert.strictEqual(second?.message, first?.message)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(third)), JSON.parse(JSON.stringify(first)))
  })

  it("is left as it is by an application that wants no stacks, or has a form of its own", async () => {
    const limit = Error.stackTraceLimit
    const prepareStackTrace: unknown = Reflect.get(Error, "prepareStackTrace")
    onTestFinished(() => {
      Error.stackTraceLimit = limit
      Object.assign(Error, { prepareStackTrace })
    })
    const { sage } = await opened()
    Error.stackTraceLimit = 0
    assert.strictEqual((await stackOf(sage.client("vendors").headers()))?.split("\n    at ").length, 1)
    Error.stackTraceLimit = limit
    Error.prepareStackTrace = (_, sites) => sites
    assert.isDefined(await stackOf(sage.client("vendors").headers()))
  })
})

describe("an error that nobody catches", () => {
  const script = fileURLToPath(new URL("../src/stacks/uncaught.ts", import.meta.url))
  const printed = (what: "configuration" | "call"): string =>
    spawnSync(process.execPath, ["--conditions=@sage-auth/source", script, what], { encoding: "utf8" }).stderr

  it("prints the list of mistakes once, with one stack that names the line of the configuration", () => {
    const text = printed("configuration")
    for (const once of [
      "connections.ledger.sender.id: expected",
      "connections.ledger.login.userId",
      "options cannot work"
    ]) {
      assert.strictEqual(text.split(once).length, 2, text)
    }
    assert.strictEqual(text.match(/uncaught\.ts:\d+:\d+/g)?.length, 2, text)
    assert.include(text, "remedy:")
    assert.notInclude(text, "[Misconfigured]")
  })

  it("prints one stack for a call too, with its line", () => {
    const text = printed("call")
    assert.include(text, "SageAuthError:")
    assert.match(text, /at async .*uncaught\.ts:\d+:\d+/)
    assert.strictEqual(text.split("SageAuthError:").length, 2, text)
  })
})

it("an error of this library shows its reason in JSON, and its own members alone elsewhere", () => {
  try {
    createSageAuth({ connections: 1 } as never)
    assert.fail("it did not throw")
  } catch (thrown) {
    const error = thrown as Error & { readonly reason: { readonly _tag: string } }
    assert.notInclude(Object.keys(error), "reason")
    assert.strictEqual(error.reason._tag, "Misconfigured")
    const { reason } = JSON.parse(JSON.stringify(error)) as typeof error
    assert.strictEqual(reason._tag, "Misconfigured")
  }
})
