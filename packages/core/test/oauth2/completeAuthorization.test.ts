import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { failure } from "../../src/errors/SageAuthError.ts"
import { type Authorizing, completeAuthorization } from "../../src/oauth2/completeAuthorization.ts"
import {
  encodeTransaction,
  keptTransaction,
  keptTransactionPurpose,
  makeTransaction,
  sealWayBack,
  transactionPurpose,
  transactionRecord
} from "../../src/oauth2/Transaction.ts"
import { openApplication } from "../application/openApplication.ts"

const redirectUri = "https://app.example/sage/callback/gateway"
const url = "/sage/callback/gateway"

type Step = "keep" | "exchange"

/** an application with a pairing under way, and what is done with its callback */
const open = (options: { readonly fails?: Step | undefined; readonly keeps?: boolean | undefined } = {}) =>
  Effect.gen(function* () {
    const { application } = yield* openApplication()
    const { once, sealing, store } = yield* application.vault
    const transaction = yield* makeTransaction({
      connection: "gateway",
      tenant: "acme",
      returnTo: "/settings",
      issuer: undefined,
      redirectUri,
      now: application.now(),
      life: 86_400_000
    })
    const { state } = transaction
    const sealed = yield* sealing.sealFor(keptTransactionPurpose, [state], encodeTransaction(transaction))
    yield* once.put(keptTransaction(state), sealed, (yield* store.now) + 86_400_000)
    const steps: Array<string> = []
    const seen: Array<string> = []
    const meanwhile: { keep: Effect.Effect<void> } = { keep: Effect.void }
    const fails = { at: options.fails }
    const does = (step: Step, code: string) =>
      Effect.gen(function* () {
        steps.push(`${step} ${code}`)
        const kept = yield* Effect.orDie(once.read(keptTransaction(state)))
        seen.push(`${step}: ${kept === undefined ? "used up" : "there"}`)
        if (step === "keep") yield* meanwhile.keep
        return yield* fails.at === step ? Effect.fail(failure<never>("client.store-unavailable")) : Effect.void
      })
    const authorizing: Authorizing = {
      rules: { codeParameter: "authorizationCode", errors: [] },
      ...(options.keeps === false ? {} : { keepCode: (_, { code }) => does("keep", Redacted.value(code)) }),
      exchange: (_, { code }) => does("exchange", Redacted.value(code))
    }
    const complete = (body: Readonly<Record<string, string>>, more: { cookie?: string; tenant?: string } = {}) =>
      completeAuthorization(application, (name) => (name === "gateway" ? authorizing : undefined), {
        url,
        body,
        ...more
      })
    const cookie = yield* sealing.sealFor(transactionPurpose, [], encodeTransaction(transaction))
    return { application, complete, cookie, fails, meanwhile, seen, once, state, steps, store }
  })

const reasonOf = <A>(effect: Effect.Effect<A, { readonly reason: { readonly _tag: string } }>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason._tag)

describe("a transaction that is kept in the store", () => {
  it.effect(
    "is not found by whoever reads the store: its state, which is all that a callback needs, is not there",
    () =>
      Effect.gen(function* () {
        const { once, state } = yield* open()
        assert.notInclude(keptTransaction(state), state)
        assert.notInclude((yield* once.take(keptTransaction(state))) ?? "", state)
      })
  )

  it.effect("is found by its state, and its code is kept before it is sent", () =>
    Effect.gen(function* () {
      const { complete, state, steps } = yield* open()
      assert.deepStrictEqual(yield* complete({ authorizationCode: "c", state }), {
        connection: "gateway",
        tenant: "acme",
        returnTo: "/settings"
      })
      assert.deepStrictEqual(steps, ["keep c", "exchange c"])
      assert.strictEqual(yield* reasonOf(complete({ authorizationCode: "c", state })), "CallbackRejected")
      assert.strictEqual(steps.length, 2)
    })
  )

  it.effect("is still there when its code is kept, and used up when it is sent", () =>
    Effect.gen(function* () {
      const { complete, seen, state } = yield* open()
      yield* complete({ authorizationCode: "c", state })
      assert.deepStrictEqual(seen, ["keep: there", "exchange: used up"])
    })
  )

  it.effect("that is used up between its reading and its taking is refused, and nothing is sent", () =>
    Effect.gen(function* () {
      const { complete, meanwhile, once, state, steps } = yield* open()
      meanwhile.keep = Effect.asVoid(Effect.orDie(once.take(keptTransaction(state))))
      assert.strictEqual(yield* reasonOf(complete({ authorizationCode: "c", state })), "CallbackRejected")
      assert.deepStrictEqual(steps, ["keep c"])
    })
  )

  it.effect("is exchanged once by 20 callbacks at once", () =>
    Effect.gen(function* () {
      const { complete, state, steps } = yield* open()
      const exits = yield* Effect.forEach(
        Array.from({ length: 20 }),
        () => Effect.exit(complete({ authorizationCode: "c", state })),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(exits.filter(Exit.isSuccess).length, 1)
      assert.strictEqual(steps.filter((step) => step === "exchange c").length, 1)
    })
  )

  it.effect("is there still where the code could not be kept, and nothing was sent", () =>
    Effect.gen(function* () {
      const { complete, fails, state, steps } = yield* open({ fails: "keep" })
      assert.strictEqual(yield* reasonOf(complete({ authorizationCode: "c", state })), "StoreUnavailable")
      assert.deepStrictEqual(steps, ["keep c"])
      fails.at = undefined
      yield* complete({ authorizationCode: "c", state })
      assert.deepStrictEqual(steps, ["keep c", "keep c", "exchange c"])
    })
  )

  it.effect("is used up once its code is kept, whatever comes of the exchange", () =>
    Effect.gen(function* () {
      const { complete, state } = yield* open({ fails: "exchange" })
      assert.strictEqual(yield* reasonOf(complete({ authorizationCode: "c", state })), "StoreUnavailable")
      assert.strictEqual(yield* reasonOf(complete({ authorizationCode: "c", state })), "CallbackRejected")
    })
  )

  it.effect("is used up by none of the callbacks that are refused", () =>
    Effect.gen(function* () {
      const { complete, state, steps } = yield* open()
      for (const [body, tenant] of [
        [{ state }, undefined],
        [{ state, authorizationCode: "c" }, "another tenant"],
        [{ state: `${state}x`, authorizationCode: "c" }, undefined],
        [{ state, error: "access_denied" }, undefined],
        [{ authorizationCode: "c" }, undefined]
      ] as const) {
        const given = tenant === undefined ? {} : { tenant }
        assert.strictEqual(yield* reasonOf(complete(body, given)), "CallbackRejected")
      }
      assert.deepStrictEqual(steps, [])
      yield* complete({ authorizationCode: "c", state })
    })
  )

  it.effect("is over after its time", () =>
    Effect.gen(function* () {
      const { complete, state, steps } = yield* open()
      yield* TestClock.adjust("24 hours")
      assert.strictEqual(yield* reasonOf(complete({ authorizationCode: "c", state })), "CallbackRejected")
      assert.deepStrictEqual(steps, [])
    })
  )

  it.effect("does not open under another state than its own", () =>
    Effect.gen(function* () {
      const { complete, once, state, steps, store } = yield* open()
      const record = yield* once.take(keptTransaction(state))
      yield* once.put(keptTransaction("swapped"), record ?? "", (yield* store.now) + 1_000)
      assert.strictEqual(yield* reasonOf(complete({ authorizationCode: "c", state: "swapped" })), "CallbackRejected")
      assert.deepStrictEqual(steps, [])
    })
  )

  it.effect("is for connections that keep theirs there, and no cookie stands in for it", () =>
    Effect.gen(function* () {
      const other = yield* open({ keeps: false })
      const body = { authorizationCode: "c", state: other.state }
      assert.strictEqual(yield* reasonOf(other.complete(body)), "CallbackRejected")
      const { complete, cookie, once, state, steps } = yield* open()
      yield* once.take(keptTransaction(state))
      assert.strictEqual(yield* reasonOf(complete({ authorizationCode: "c", state }, { cookie })), "CallbackRejected")
      assert.deepStrictEqual([...steps, ...other.steps], [])
    })
  )
})

/** an application whose consents come back with a cookie, one of which is under way */
const withCookie = (options: { readonly fails?: boolean; readonly returnTo?: string } = {}) =>
  Effect.gen(function* () {
    const { application } = yield* openApplication()
    const vault = yield* application.vault
    const transaction = yield* makeTransaction({
      connection: "books",
      tenant: "acme",
      returnTo: options.returnTo ?? "/settings?tab=1",
      issuer: undefined,
      redirectUri: "https://app.example/sage/callback/books",
      now: application.now()
    })
    const { state } = transaction
    const ends = (yield* vault.store.now) + 600_000
    yield* vault.once.put(transactionRecord(state), yield* sealWayBack(vault.sealing, transaction), ends)
    const authorizing: Authorizing = {
      rules: { errors: [] },
      exchange: () => (options.fails === true ? Effect.fail(failure<never>("client.answer-lost")) : Effect.void)
    }
    const cookie = yield* vault.sealing.sealFor(transactionPurpose, [], encodeTransaction(transaction))
    const complete = (query: string, more: { cookie?: string | undefined; tenant?: string } = {}) =>
      completeAuthorization(application, (name) => (name === "books" ? authorizing : undefined), {
        url: `/sage/callback/books?${query}`,
        cookie,
        ...more
      })
    /** what the error of a callback says of its consent */
    const saidOf = (query: string, more?: Parameters<typeof complete>[1]) =>
      Effect.map(Effect.flip(complete(query, more)), ({ authorization }) => authorization)
    return { complete, saidOf, state, vault }
  })

const about = (ended: boolean) => ({ connection: "books", returnTo: "/settings?tab=1", ended })

describe("a callback that fails", () => {
  it.effect("says where its user wanted to go on, and whether its consent is over", () =>
    Effect.gen(function* () {
      const { complete, saidOf, state } = yield* withCookie()
      assert.deepStrictEqual(yield* saidOf(`error=access_denied&state=${state}`), about(true))
      assert.deepStrictEqual(yield* saidOf(`state=${state}`), about(false))
      assert.deepStrictEqual(yield* saidOf(`code=c&error=x&state=${state}`), about(false))
      yield* complete(`code=c&state=${state}`)
      assert.deepStrictEqual(yield* saidOf(`code=c&state=${state}`), about(true))
    })
  )

  it.effect("says so when its code was sent in vain, and when it came too late", () =>
    Effect.gen(function* () {
      const failing = yield* withCookie({ fails: true })
      assert.deepStrictEqual(yield* failing.saidOf(`code=c&state=${failing.state}`), about(true))
      const late = yield* withCookie()
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* late.saidOf(`code=c&state=${late.state}`), about(true))
    })
  )

  it.effect(
    "says so without its cookie as well, before and after its consent was completed, until it would be over",
    () =>
      Effect.gen(function* () {
        const { complete, saidOf, state } = yield* withCookie()
        const bare = { cookie: undefined }
        assert.deepStrictEqual(yield* saidOf(`code=c&state=${state}`, bare), about(false))
        yield* complete(`code=c&state=${state}`)
        assert.deepStrictEqual(yield* saidOf(`code=c&state=${state}`, bare), about(true))
        yield* TestClock.adjust("11 minutes")
        assert.isUndefined(yield* saidOf(`code=c&state=${state}`, bare))
      })
  )

  it.effect("says nothing of the kind to whoever does not have its state, or is of another tenant", () =>
    Effect.gen(function* () {
      const { saidOf, state } = yield* withCookie()
      for (const cookie of [{}, { cookie: undefined }]) {
        for (const query of ["error=access_denied", "code=c", `code=c&state=${state}x`, `error=x&state=${state}x`]) {
          assert.isUndefined(yield* saidOf(query, cookie), query)
        }
        assert.isUndefined(yield* saidOf(`code=c&state=${state}`, { ...cookie, tenant: "another" }))
        assert.isUndefined(yield* saidOf(`error=x&state=${state}`, { ...cookie, tenant: "another" }))
      }
    })
  )

  it.effect("does not show it to whoever prints the error, and says nothing where nobody asked for a page", () =>
    Effect.gen(function* () {
      const { complete, state } = yield* withCookie()
      const error = yield* Effect.flip(complete(`state=${state}`))
      assert.notInclude(JSON.stringify(error) + inspect(error), "settings")
      const nowhere = yield* withCookie({ returnTo: "" })
      const said = yield* nowhere.saidOf(`error=x&state=${nowhere.state}`)
      assert.deepStrictEqual(said, { connection: "books", returnTo: undefined, ended: true })
      assert.strictEqual((yield* nowhere.complete(`code=c&state=${nowhere.state}`)).returnTo, "/")
    })
  )

  it.effect("finds nothing in a record that was put under another state, or is none", () =>
    Effect.gen(function* () {
      const { saidOf, state, vault } = yield* withCookie()
      const record = yield* vault.once.read(transactionRecord(state))
      const ends = (yield* vault.store.now) + 600_000
      yield* vault.once.put(transactionRecord("swapped"), record ?? "", ends)
      yield* vault.once.put(transactionRecord("broken"), "not sealed", ends)
      for (const other of ["swapped", "broken", "x".repeat(10_000)]) {
        assert.isUndefined(yield* saidOf(`code=c&state=${other}`, { cookie: undefined }))
      }
    })
  )
})
