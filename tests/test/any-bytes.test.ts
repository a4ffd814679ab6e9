import { gzipSync } from "node:zlib"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import {
  createSageAuth,
  type IntacctXmlClient,
  intacctXml,
  isSageAuthError,
  type Sage,
  type SageAuthError
} from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { Effect } from "effect"
import { anyBytes, anyText, damaged, isCarriable, isPrintable } from "../src/arbitraries.ts"
import { dataOf, vendors } from "../src/functions.ts"
import { type RawAnswer, type RawServer, serveRaw, sessionAnswer } from "../src/rawServer.ts"

const secret = "correct-horse-battery-staple"
const noRetry = {
  transient: { first: 0, times: 0, within: "24 hours" },
  rateLimited: { first: 0, times: 0, within: "24 hours" }
}
const credentials = {
  sender: { id: "sender", password: `sender-${secret}` },
  login: { companyId: "c", userId: "u", password: `login-${secret}` }
}

/** what came of a call: its results, or the typed error; anything else fails the test */
const ended = (promise: Promise<unknown>): Effect.Effect<SageAuthError | "success"> =>
  Effect.promise(async () => {
    try {
      await promise
      return "success"
    } catch (error) {
      if (isSageAuthError(error)) return error
      throw error
    }
  })

const status = (index: number): number => [200, 200, 200, 400, 401, 403, 429, 500, 502, 503][index % 10] as number

const endless = function* (): Iterable<Uint8Array> {
  const page = Buffer.from("<a>".repeat(20_000))
  for (;;) yield page
}

describe("whatever a server answers", () => {
  let answer: RawAnswer = {}
  let server: RawServer
  type Connection = ReturnType<typeof intacctXml>
  let sage: Sage<{ readonly opening: Connection; readonly signing: Connection }>

  beforeAll(async () => {
    server = await serveRaw(() => answer)
    const target = { environment: "sandbox", urls: { xml: server.url } } as const
    sage = createSageAuth({
      connections: {
        opening: intacctXml({ ...credentials, ...target }),
        signing: intacctXml({ ...credentials, ...target, authentication: "login" })
      },
      retry: noRetry,
      // everything here is over at once; this is what fails it otherwise
      deadline: "5 seconds"
    })
  })
  afterAll(async () => {
    await sage.close()
    await server.stop()
  })

  /** a call that opens a session and one that signs in by itself, each of a tenant that nobody rejected before */
  let tenants = 0
  const bothEnd = (given: RawAnswer) =>
    Effect.gen(function* () {
      answer = given
      const tenant = String(tenants++)
      const outcomes = [
        yield* ended(sage.client("opening", { tenant }).session()),
        yield* ended(
          sage
            .client("signing", { tenant })
            .refresh()
            .then(() => sage.client("signing", { tenant }).execute([vendors()]))
        )
      ]
      for (const outcome of outcomes) {
        if (outcome === "success") continue
        assert.notInclude(["client.defect", "client.deadline-exceeded"], outcome.id)
        assert.notInclude(JSON.stringify(outcome) + outcome.stack, secret)
      }
      return outcomes
    })

  const valid = sessionAnswer("session-id-1234", "https://api.intacct.com/ia/xml/xmlgw.phtml")
  const types = ["text/xml", "application/xml", "application/json", "text/html", "\\\\ odd ;;"]
  const headers = (index: number) => ({ "content-type": types[index % types.length] as string })

  it.effect.prop(
    "any bytes at all end in a typed error",
    [anyBytes],
    ([body]) =>
      Effect.gen(function* () {
        const outcomes = yield* bothEnd({ body, status: status(body.length), headers: headers(body.length) })
        assert.notInclude(outcomes, "success")
      }),
    { arbitrary: { runs: 50 } }
  )

  it.effect.prop(
    "a damaged answer ends in a typed error, or was not damaged where it matters",
    [damaged(valid)],
    ([body]) => bothEnd({ body, status: status(body.length), headers: headers(body.length) }).pipe(Effect.asVoid),
    { arbitrary: { runs: 100 } }
  )

  it.effect("an answer that is good ends well, so that the tests above mean something", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* bothEnd({ body: valid }), ["success", "success"])
    })
  )

  it.effect("JSON is records where JSON was asked for, and a typed error where it was not", () =>
    Effect.gen(function* () {
      answer = { body: '[{"NAME":"Blue Paper"}]', headers: { "content-type": "application/json; charset=utf-8" } }
      const client = sage.client("signing", { tenant: String(tenants++) })
      const asking = { readByQuery: { object: "VENDOR", fields: "NAME", query: "", returnFormat: "json" } }
      const [result] = yield* Effect.promise(() => client.execute([asking]))
      assert.deepStrictEqual(yield* Effect.promise(async () => result?.data()), [{ NAME: "Blue Paper" }])
      assert.notStrictEqual(yield* ended(client.execute([vendors()])), "success")
      answer = { ...answer, body: `[{"NAME":"${secret}` }
      const [half] = yield* Effect.promise(() => client.execute([asking]))
      const error = yield* ended(half?.data() ?? Promise.resolve())
      assert.strictEqual(error === "success" ? error : error.id, "intacct-xml.data-malformed")
      assert.notInclude(JSON.stringify(error), secret)
      answer = { ...answer, body: '{"message":"API rate limit exceeded"}' }
      const limited = yield* ended(client.execute([asking]))
      assert.strictEqual(limited === "success" ? limited : limited.id, "intacct.rate-limited")
    })
  )

  const hostile: ReadonlyArray<readonly [string, () => RawAnswer]> = [
    ["a body without an end", () => ({ body: endless() })],
    [
      "a compressed body that is a thousand times as large",
      () => ({
        body: gzipSync(Buffer.alloc(80 * 1024 * 1024, " ")),
        headers: { "content-type": "text/xml", "content-encoding": "gzip" }
      })
    ],
    [
      "a body that is not what its compression says",
      () => ({
        body: "plain",
        headers: { "content-type": "text/xml", "content-encoding": "gzip" }
      })
    ],
    ["elements nested a hundred thousand deep", () => ({ body: `<response>${"<a>".repeat(100_000)}` })],
    [
      "ten thousand attributes",
      () => ({ body: `<response ${Array.from({ length: 10_000 }, (_, i) => `a${i}="1"`).join(" ")}/>` })
    ],
    [
      "entities that multiply",
      () => ({
        body: `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">${"bcdefghij"
          .split("")
          .map((name, i) => `<!ENTITY ${name} "${`&${"abcdefghi"[i]};`.repeat(10)}">`)
          .join("")}]><response>&j;</response>`
      })
    ],
    [
      "an entity that reads a file",
      () => ({
        body: `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><response><control><status>&x;</status></control></response>`
      })
    ],
    ["an unclosed comment of a megabyte", () => ({ body: `<response><!--${"- ".repeat(500_000)}` })],
    ["a megabyte of angle brackets", () => ({ body: "<".repeat(1_000_000) })],
    [
      "errors by the thousand",
      () => ({
        body: `<response><control><status>failure</status></control><errormessage>${"<error><errorno>X</errorno><description2>Y</description2></error>".repeat(10_000)}</errormessage></response>`
      })
    ],
    ["nothing", () => ({ body: "" })]
  ]
  it.effect.each(hostile)("%s ends in a typed error, at once", ([, given]) =>
    Effect.gen(function* () {
      const outcomes = yield* bothEnd(given())
      assert.notInclude(outcomes, "success")
    })
  )
})

describe("whatever a credential is", () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox()
  })
  afterAll(() => sandbox.stop())

  /** a client with these passwords, for one call */
  const using = (
    sender: string,
    login: string,
    call: (ledger: IntacctXmlClient) => Promise<unknown>
  ): Effect.Effect<SageAuthError | "success"> =>
    ended(
      (async () => {
        const accounts = sandbox.accounts["intacct-xml"]
        const sage = createSageAuth({
          connections: {
            ledger: intacctXml({
              sender: { ...accounts.sender, password: sender },
              login: { ...accounts.login, password: login },
              environment: "sandbox",
              urls: { xml: sandbox.urls["intacct-xml"].xml }
            })
          },
          retry: noRetry
        })
        try {
          return await call(sage.client("ledger"))
        } finally {
          await sage.close()
        }
      })()
    )

  it.effect.prop(
    "it reaches the server as it is, or is refused by the name of its option",
    [anyText, anyText],
    ([sender, login]) =>
      Effect.gen(function* () {
        const accounts = sandbox.accounts["intacct-xml"]
        sandbox.intacct.setSenderPassword({ id: accounts.sender.id, password: sender })
        sandbox.intacct.setPassword({ ...accounts.login, password: login })
        const outcome = yield* using(sender, login, (ledger) => ledger.session())
        const wrong = [
          ...(isPrintable(sender) ? [] : ["connections.ledger.sender.password"]),
          ...(isPrintable(login) ? [] : ["connections.ledger.login.password"])
        ]
        if (wrong.length === 0) {
          assert.strictEqual(outcome, "success")
          return
        }
        assert.notStrictEqual(outcome, "success")
        if (outcome === "success" || outcome.reason._tag !== "Misconfigured")
          return assert.fail("the call did not say what is wrong")
        assert.deepStrictEqual(
          outcome.reason.issues.map(({ option }) => option),
          wrong
        )
      }),
    { arbitrary: { runs: 50 } }
  )

  it.effect.prop(
    "a value in a function reaches the server as it is, or is refused by its path",
    [anyText],
    ([name]) =>
      Effect.gen(function* () {
        const accounts = sandbox.accounts["intacct-xml"]
        sandbox.intacct.setSenderPassword(accounts.sender)
        sandbox.intacct.setPassword(accounts.login)
        let came: unknown
        const outcome = yield* using(accounts.sender.password, accounts.login.password, async (ledger) => {
          type Customers = { readonly customer: ReadonlyArray<Readonly<Record<string, string>>> }
          const created = await dataOf<Customers>(
            await ledger.execute([{ create: { CUSTOMER: { NAME: `x${name}x` } } }])
          )
          const read = { read: { object: "CUSTOMER", keys: created.customer[0]?.["RECORDNO"], fields: "NAME" } }
          came = (await dataOf<Customers>(await ledger.execute([read]))).customer[0]?.["NAME"]
        })
        if (isCarriable(name)) {
          assert.strictEqual(outcome, "success")
          assert.strictEqual(came, `x${name}x`)
        } else {
          assert.strictEqual(outcome === "success" ? outcome : outcome.id, "client.function-refused")
        }
      }),
    { arbitrary: { runs: 40 } }
  )
})
