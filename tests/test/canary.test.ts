import { inspect } from "node:util"
import {
  type CatalogueId,
  createSageAuth,
  type IntacctXmlOptions,
  intacctXml,
  isSageAuthError,
  type SageEvent,
  type Settings
} from "@sage-auth/core"
import { IntacctXml } from "@sage-auth/core/effect"
import type { FaultKind } from "@sage-auth/sandbox"
import { Cause, Effect, Exit, type Scope, Stream } from "effect"
import { assert, describe, it, onTestFinished } from "vitest"
import { type Cage, Canaries, type CageReport, caged, formsOf, Watch, wrongsIn } from "../src/canary.ts"
import { newVendor, vendors } from "../src/functions.ts"
import { type IntacctXmlCage, type IntacctXmlCageOptions, intacctXmlCage, type Tamper } from "../src/intacctXmlCage.ts"
import { eachFault, Quoting, type Step } from "../src/quoting.ts"
import { fastRetry, ledgerOptions, noRetry, openSandbox } from "../src/world.ts"
import { inFirstResult, secretsOf, xmlFields } from "../src/xmlQuoting.ts"

/** A flow, and what has to become of it: success, or a failure with one of these entries of the catalogue. */
interface Row {
  readonly name: string
  readonly flow: (cage: Cage) => Effect.Effect<unknown, unknown, Scope.Scope>
  readonly ends: "success" | ReadonlyArray<CatalogueId>
}

const failureId = ({ exit }: CageReport): unknown => {
  if (Exit.isSuccess(exit)) return "success"
  const error = Cause.squash(exit.cause)
  return isSageAuthError(error) ? error.id : inspect(error)
}

const run = (rows: ReadonlyArray<Row>): void => {
  for (const { ends, flow, name } of rows) {
    it(`${name}: ${ends === "success" ? "success" : "failure"}`, async () => {
      const report = await caged(flow)
      assert.deepStrictEqual(report.sightings, [])
      if (ends === "success") assert.strictEqual(failureId(report), "success")
      else assert.include(ends, failureId(report))
      // a flow that shows nothing proves nothing
      assert.isAbove(report.counts["span"] ?? 0, 0)
    })
  }
}

const row = (
  name: string,
  ends: Row["ends"],
  flow: (cage: IntacctXmlCage) => Effect.Effect<unknown, unknown, Scope.Scope>,
  options: IntacctXmlCageOptions = {}
): Row => ({ name, ends, flow: intacctXmlCage(options, flow) })

const read = ({ ledger }: IntacctXmlCage) => ledger.execute([vendors()])

const credentials = (how: Partial<IntacctXmlOptions>): IntacctXmlCageOptions => ({ ledger: () => how })

describe("no secret is shown by a flow of Intacct XML that works", () => {
  run([
    row("a call", "success", read),
    row("a session handed over", "success", ({ ledger }) => Effect.asVoid(ledger.session())),
    row("an entity and back to the top level", "success", ({ ledger }) =>
      Effect.andThen(ledger.entity("E1").execute([vendors()]), ledger.entity("E1").entity(null).execute([vendors()]))
    ),
    row("a session that dies and is replaced", "success", (cage) =>
      Effect.gen(function* () {
        yield* read(cage)
        cage.sandbox.intacct.endSessions()
        yield* read(cage)
      })
    ),
    row("a session that runs out", "success", (cage) =>
      Effect.gen(function* () {
        yield* read(cage)
        yield* Effect.promise(() => cage.sandbox.clock.advance("2 hours"))
        yield* read(cage)
      })
    ),
    row(
      "a session kept alive",
      "success",
      (cage) =>
        Effect.andThen(
          read(cage),
          Effect.promise(() => cage.sandbox.clock.advance("3 hours"))
        ),
      credentials({ keepSessionAlive: true })
    ),
    row(
      "logins with every request",
      "success",
      (cage) => Effect.all([read(cage), read(cage), read(cage), read(cage)]),
      credentials({ authentication: "login" })
    ),
    row(
      "everything else that a client does",
      "success",
      ({ ledger, watch }) =>
        Effect.gen(function* () {
          yield* ledger.refresh()
          watch.note("status", yield* ledger.status())
          watch.note("meter", yield* ledger.meter())
          watch.note("meter", yield* ledger.meter({ used: 95_000 }))
          watch.note("probe", yield* ledger.probeEntities())
          watch.note("disconnected", yield* ledger.disconnect())
          watch.note("status", yield* ledger.status())
        }),
      credentials({ entities: ["E1", "E2"], meter: { budget: 10 } })
    ),
    row("credentials asked of a function", "success", ({ tenant }) => tenant("acme").execute([vendors()]), {
      ledger: (sandbox, secrets) => ({
        sender: async () => ({ id: sandbox.accounts["intacct-xml"].sender.id, password: secrets.sender }),
        login: () => ({ ...sandbox.accounts["intacct-xml"].login, password: secrets.login })
      })
    }),
    row("flows without an application", "success", ({ sandbox, watch, canaries }) =>
      Effect.gen(function* () {
        const options = ledgerOptions(sandbox) as Parameters<typeof IntacctXml.openSession>[0]
        const password = canaries.plant("another password")
        sandbox.intacct.setPassword({ ...options.login, password })
        const sender = { ...options.sender, password: canaries.plant("another sender password") }
        sandbox.intacct.setSenderPassword(sender)
        const used = { ...options, sender, login: { ...options.login, password } }
        const session = yield* IntacctXml.openSession(used)
        canaries.add("session id of the flow", IntacctXml.toSdkClientConfig(session).sessionId)
        watch.note("session", session)
        const switched = yield* IntacctXml.sessionFromSession({ ...used, session, entityId: "E1" })
        canaries.add("session id of the second flow", IntacctXml.toSdkClientConfig(switched).sessionId)
        watch.note("session", switched)
      })
    )
  ])
})

const loginOf = (account: "expired" | "limited" | "unauthorised"): IntacctXmlCageOptions => ({
  ledger: ({ accounts }, secrets) => ({ login: { ...accounts["intacct-xml"][account], password: secrets.login } })
})

describe("no secret is shown by a flow of Intacct XML that is refused", () => {
  const wrongSender: IntacctXmlCageOptions = {
    ledger: ({ accounts }, secrets) => ({ sender: { ...accounts["intacct-xml"].sender, password: secrets.wrong } })
  }
  const wrongLogin: IntacctXmlCageOptions = {
    ledger: ({ accounts }, secrets) => ({ login: { ...accounts["intacct-xml"].login, password: secrets.wrong } })
  }
  const twice = (cage: IntacctXmlCage) => Effect.andThen(Effect.exit(read(cage)), read(cage))
  run([
    row("a wrong sender", ["intacct-xml.sender-rejected"], read, wrongSender),
    row("a wrong sender that is not sent again", ["client.credential-blocked"], twice, wrongSender),
    row("a wrong sender of a licence that has ended", ["intacct-xml.license-expired"], read, {
      ledger: ({ accounts }, secrets) => ({
        sender: { ...accounts["intacct-xml"].sender, password: secrets.wrong, licenseExpires: "2020-01-01" }
      })
    }),
    row("a wrong login", ["intacct-xml.login-rejected"], read, wrongLogin),
    row("a wrong login that is not sent again", ["client.credential-blocked"], twice, wrongLogin),
    row("a wrong login with every request", ["intacct-xml.login-rejected"], read, {
      ledger: (sandbox, secrets) => ({ ...wrongLogin.ledger?.(sandbox, secrets), authentication: "login" })
    }),
    row("a wrong login refused by the gateway", ["intacct-xml.login-rejected"], read, {
      ...wrongLogin,
      sandbox: { intacct: { wrongLogin: "XMLGW_JPP0002" } }
    }),
    row("an unauthorised sender", ["intacct-xml.sender-not-authorized"], read, loginOf("unauthorised")),
    row("an expired company", ["intacct-xml.company-expired"], read, loginOf("expired")),
    row("a company that does not exist", ["intacct.invalid-request"], read, {
      ledger: (_, secrets) => ({ login: { companyId: "Nobody", userId: "nobody", password: secrets.login } })
    }),
    row(
      "an entity that does not exist",
      ["intacct-xml.function-failed", "intacct-xml.login-rejected", "intacct.unreadable-answer"],
      ({ ledger }) => ledger.entity("E99").execute([vendors()])
    ),
    row(
      "no permission",
      ["intacct-xml.permission-denied"],
      ({ ledger }) => ledger.execute([{ readByQuery: { object: "ARINVOICE", fields: "*", query: "" } }]),
      loginOf("limited")
    ),
    row("an unknown object", ["intacct-xml.query-failed"], ({ ledger }) =>
      ledger.execute([{ readByQuery: { object: "BADOBJECT", fields: "*", query: "" } }])
    ),
    row("a transaction rolled back", ["intacct-xml.query-failed"], ({ ledger }) =>
      ledger.execute([newVendor("rolled back"), { readByQuery: { object: "BADOBJECT", fields: "*", query: "" } }], {
        transaction: true
      })
    ),
    row(
      "a write that repeats a control id",
      ["intacct-xml.function-failed", "intacct-xml.replay-refused"],
      ({ ledger }) =>
        Effect.andThen(
          ledger.execute([newVendor("unique", "write-1")], { uniqueid: true }),
          ledger.execute([newVendor("unique", "write-1")], { uniqueid: true })
        )
    ),
    row("a session that dies as soon as it is born", ["intacct-xml.session-lost"], (cage) => read(cage), {
      sandbox: { intacct: { sessionLimit: 0 } }
    }),
    row("a session that the gateway refuses", ["intacct-xml.session-lost"], (cage) => read(cage), {
      sandbox: { intacct: { sessionLimit: 0, deadSession: "XMLGW_JPP0002" } }
    }),
    row("a function that cannot be sent", ["client.function-refused"], ({ canaries, ledger }) =>
      ledger.execute([{ create: { VENDOR: { NAME: `${canaries.plant("a value")}\u0001` } } }])
    ),
    row("a budget that is used up", ["intacct.budget-exhausted"], (cage) => Effect.andThen(read(cage), read(cage)), {
      ...credentials({ meter: { budget: 1, policy: "stop" } })
    }),
    row("an application that is closed", ["client.closed"], ({ sandbox, canaries }) =>
      Effect.tryPromise({
        try: async () => {
          const options = ledgerOptions(sandbox)
          const sage = createSageAuth({ connections: { ledger: intacctXml(options) }, clock: sandbox.clock })
          await sage.close()
          await sage.client("ledger").execute([vendors()])
          return canaries
        },
        catch: (error) => error
      })
    )
  ])
})

const throwing = (name: string, option: (secret: string) => Partial<IntacctXmlOptions>): Row =>
  row(name, ["client.misconfigured"], read, { ledger: (_, { wrong }) => option(wrong) })

const refusing = (secret: string) => (): never => {
  throw Object.assign(new Error(`the vault said ${secret}`), { password: secret, response: { body: secret } })
}

describe("no secret is shown by a configuration that cannot work", () => {
  run([
    throwing("a password with a control character", (secret) => ({
      login: { companyId: "a", userId: "b", password: `${secret}\u0000` }
    })),
    throwing("a password in the place of another option", (secret) => ({
      authentication: secret as "login",
      tier: secret as unknown as 1
    })),
    throwing("a password under a wrong name", (secret) => ({
      login: { companyId: "a", userId: "b", passwort: secret } as never
    })),
    throwing("a password as an object", (secret) => ({ sender: { id: "a", password: { value: secret } as never } })),
    throwing("a password in an endpoint", (secret) => ({
      endpoint: `https://user:${encodeURIComponent(secret)}@example.com/`
    })),
    throwing("a function that throws", (secret) => ({ login: refusing(secret) })),
    throwing("a function that rejects", (secret) => ({ sender: async () => refusing(secret)() })),
    throwing("a function that answers nonsense", (secret) => ({ login: () => secret as never })),
    throwing("a function that answers half", (secret) => ({ login: () => ({ password: secret }) as never })),
    throwing("a function whose answer has a control character", (secret) => ({
      login: () => ({ companyId: "a", userId: "b", password: `${secret}\u0007` })
    }))
  ])
})

const steps: Readonly<
  Record<string, Step<IntacctXmlCage> & { readonly options?: IntacctXmlCageOptions; readonly only?: string }>
> = {
  // what was refused before is sent again because somebody asks
  "a login for a session": { act: ({ ledger }) => ledger.refresh(), only: "getAPISession" },
  "a session": { before: ({ ledger }) => Effect.ignore(ledger.refresh()), act: read, only: "<sessionid>" },
  "a login with every request": {
    options: credentials({ authentication: "login" }),
    before: ({ ledger }) => Effect.ignore(ledger.refresh()),
    act: read,
    only: "readByQuery"
  },
  "a session in an entity": {
    before: ({ ledger }) => Effect.ignore(ledger.entity("E1").refresh()),
    act: ({ ledger }) => ledger.entity("E1").execute([vendors()]),
    only: "<sessionid>"
  }
}

/** a request of which the first function fails, and the second does not */
const halfFailing = ({ ledger, watch }: IntacctXmlCage) =>
  Effect.gen(function* () {
    const results = yield* ledger.execute([vendors(), vendors()])
    assert.deepStrictEqual(
      results.map(({ status }) => status),
      ["failure", "success"]
    )
    watch.note("error", results[0]?.error)
    watch.note(
      "error",
      yield* Effect.flip(Effect.tryPromise({ try: async () => results[0]?.data(), catch: (error) => error }))
    )
  })

describe("no secret is shown by a server or a proxy that quotes what it was sent", () => {
  it.each(Object.keys(steps))("of %s", async (name) => {
    const { only = "", options, ...step } = steps[name]!
    const quoting = new Quoting(xmlFields, Object.keys(steps).indexOf(name))
    const tamper: Tamper = (answer, request) =>
      (request.includes(only) ? quoting.answer(secretsOf(request)) : undefined) ?? answer
    const report = await caged(
      intacctXmlCage({ ...options, tamper, settings: { retry: noRetry } }, (cage) => quoting.run(cage, step))
    )
    assert.deepStrictEqual([...wrongsIn(report, "success"), ...quoting.wrongs], [])
  })

  it("in one result of several, which the others do not share", async () => {
    const quoting = new Quoting({ "a function's result": xmlFields["a function's result"]! }, 0)
    const tamper = inFirstResult((request) =>
      request.includes("getAPISession") ? undefined : quoting.answer(secretsOf(request))
    )
    const report = await caged(intacctXmlCage({ tamper }, (cage) => quoting.run(cage, { act: halfFailing })))
    assert.deepStrictEqual([...wrongsIn(report, "success"), ...quoting.wrongs], [])
  })

  it("is not helped by a fetch that fails with everything it knows", async () => {
    const report = await caged((cage) => {
      const body = cage.canaries.plant("sender password")
      const fetch: typeof globalThis.fetch = async (input, init) => {
        const request = new Request(input, init)
        const error = new TypeError(`cannot send ${await request.text()}`, { cause: { request, body } })
        throw Object.assign(error, { request, body, headers: { body }, options: { ...init } })
      }
      return Effect.flatMap(
        IntacctXml.openSession({
          sender: { id: "a", password: body },
          login: { companyId: "a", userId: "b", password: cage.canaries.plant("login password") },
          fetch
        }).pipe(Effect.asVoid),
        Effect.succeed
      )
    })
    assert.deepStrictEqual(report.sightings, [])
    assert.strictEqual(failureId(report), "client.answer-lost")
  })
})

describe("no secret is shown whatever goes wrong on the way", () => {
  const kinds: ReadonlyArray<FaultKind> = [
    "drop-request",
    "drop-response",
    "truncate",
    "short-body",
    "wrong-content-type",
    "no-content-type",
    "html-502",
    "cloudflare-524",
    "status-503",
    "rate-limited",
    "rate-limited-200",
    "service-offline"
  ]
  const faulty: Readonly<Record<string, Step<IntacctXmlCage>["act"]>> = {
    getAPISession: ({ ledger }) => ledger.refresh(),
    readByQuery: read,
    create: ({ ledger }, name) => ledger.execute([newVendor("one", name)], { uniqueid: true })
  }
  const meet = async (step: string, kinds: ReadonlyArray<FaultKind>, settings: Settings) => {
    let met: ReadonlyArray<unknown> = ["nothing ran"]
    const planned = {
      on: ["intacct-xml", step],
      before: ({ ledger }: IntacctXmlCage) => Effect.ignore(ledger.refresh()),
      act: faulty[step]!
    } as const
    const report = await caged(
      intacctXmlCage({ settings }, (cage) =>
        Effect.map(eachFault(cage, kinds, planned), (found) => {
          met = found
        })
      )
    )
    return [...wrongsIn(report, "success"), ...met]
  }
  it.each(Object.keys(faulty))("of %s, once and for good", async (step) => {
    assert.deepStrictEqual(await meet(step, kinds, {}), [])
  })

  // what never ends holds its place in a pool, and so has a world of its own
  it.each(["hang", "slow-bytes"] as const)("where a request meets a %s", async (kind) => {
    const report = await caged(
      intacctXmlCage({ settings: { deadline: 200 } }, (cage) =>
        Effect.suspend(() => {
          cage.sandbox.fault("intacct-xml", { on: "*", kind, times: Number.POSITIVE_INFINITY })
          return read(cage)
        })
      )
    )
    assert.deepStrictEqual(wrongsIn(report, "any"), [])
    assert.isTrue(Exit.isFailure(report.exit))
  })
})

it("no secret is printed by the promise client or what it rejects with", async () => {
  const canaries = new Canaries()
  const watch = new Watch(canaries)
  const sandbox = await openSandbox()
  const { login, sender } = sandbox.accounts["intacct-xml"]
  sandbox.intacct.setSenderPassword({ id: sender.id, password: canaries.plant("sender password") })
  canaries.add("login password", login.password)
  canaries.add("sender password of the seed", sender.password)
  const sage = createSageAuth({
    connections: { ledger: intacctXml(ledgerOptions(sandbox)) },
    clock: sandbox.clock,
    retry: fastRetry
  })
  onTestFinished(() => sage.close())
  const ledger = sage.client("ledger")
  const failure: unknown = await ledger.execute([vendors()]).then(
    () => undefined,
    (error: unknown) => error
  )
  assert.isTrue(isSageAuthError(failure))
  for (const value of [sage, ledger, ledger.entity("E1"), sage.connections]) watch.note("client", value)
  watch.note("error", failure)
  assert.deepStrictEqual(watch.sightings(), [])
})

const sightings = async (flow: (cage: Cage) => Effect.Effect<unknown, unknown, Scope.Scope>) =>
  (await caged(flow)).sightings.map(({ secret }) => secret)

describe("the watch itself", () => {
  it("finds a secret in every form", () => {
    const canaries = new Canaries()
    const secret = canaries.plant("it")
    for (const form of formsOf(secret)) assert.deepStrictEqual(canaries.in(`before ${form} after`), ["it"])
    assert.deepStrictEqual(canaries.in(`before ${secret.slice(3, 15)} after`), ["it"])
    assert.deepStrictEqual(canaries.in(`"${Buffer.from(`user:${secret}`).toString("base64")}"`), ["it"])
    assert.deepStrictEqual(canaries.in("nothing of the kind, however long the text may be &amp;&lt;&gt;"), [])
  })

  it("finds it wherever a flow shows it", async () => {
    const places: ReadonlyArray<
      readonly [string, (secret: string, cage: Cage) => Effect.Effect<unknown, unknown, Scope.Scope>]
    > = [
      ["the message of an error", (secret) => Effect.fail(new Error(secret))],
      [
        "the cause of an error",
        (secret) => Effect.fail(new Error("no", { cause: new Error("no", { cause: secret }) }))
      ],
      [
        "a hidden property of an error",
        (secret) => Effect.fail(Object.defineProperty(new Error("no"), "hidden", { value: { secret } }))
      ],
      ["a defect", (secret) => Effect.die(new Error(secret))],
      ["a log line", (secret) => Effect.logTrace("a", { secret })],
      ["an annotation of a log line", (secret) => Effect.annotateLogs(Effect.logDebug("a"), "a", secret)],
      ["the name of a span", (secret) => Effect.withSpan(Effect.void, secret)],
      ["an attribute of a span", (secret) => Effect.withSpan(Effect.annotateCurrentSpan("a", secret), "a")],
      ["a failure inside of a span", (secret) => Effect.ignore(Effect.withSpan(Effect.fail(secret), "a"))],
      ["the console", (secret) => Effect.sync(() => console.warn(new Error(secret)))],
      [
        "an event",
        (secret, cage) =>
          Effect.andThen(cage.events(Stream.succeed({ type: "advice", message: secret } as SageEvent)), Effect.yieldNow)
      ]
    ]
    for (const [name, show] of places) {
      const found = await sightings((cage) => show(cage.canaries.plant(name), cage))
      assert.include(found, name)
    }
  })
})
