/** Answers of what stands in front of a token endpoint, which may come after the server has replaced the refresh token. */
import { businessCloud, createSageAuth } from "@sage-auth/core"
import { assert, it, onTestFinished } from "vitest"
import { call, connectionsOf, consent, endOf, openGrants } from "./world.ts"
import { booksOptions } from "../oauth/world.ts"
import { fastRetry, logEvents } from "../world.ts"

type Flow = "books" | "payables" | "erpSso" | "gateway"

const json = { "content-type": "application/json" }
const page = "<html><body><h1>403 Forbidden</h1></body></html>"

/** a status, a body and headers that nobody documents of a token endpoint of Sage's or of an identity provider's */
const answers: Readonly<Record<string, readonly [status: number, body: string, headers?: Record<string, string>]>> = {
  "429 without a body": [429, ""],
  "429 of a gateway": [429, '{"message":"API rate limit exceeded"}', { ...json, "retry-after": "1" }],
  "429 of another gateway": [429, '{"status":429,"error":"Too Many Requests"}', json],
  "429 in a page": [429, page, { "content-type": "text/html" }],
  "503 without a body": [503, ""],
  "503 in JSON": [503, '{"message":"Service Unavailable"}', json],
  "503 in words": [503, "no healthy upstream", { "content-type": "text/plain" }],
  "a redirect": [302, "", { location: "https://login.example/" }],
  "another redirect": [307, '{"error":"invalid_request"}', { ...json, location: "https://login.example/" }],
  "400 in JSON": [400, '{"message":"Bad Request"}', json],
  "400 with a code": [400, '{"error":"bad_request","message":"The request was blocked"}', json],
  "400 in words": [400, "Bad Request", { "content-type": "text/plain" }],
  // codes of OAuth, and not where OAuth has them
  "400 with a code of OAuth beside a message": [400, '{"code":"invalid_request","message":"Request blocked"}', json],
  "400 with two codes": [400, '{"error":"blocked","code":"invalid_scope"}', json],
  "401 with a code of OAuth inside": [401, '{"error":{"code":"invalid_client","message":"denied by policy"}}', json],
  "400 with a code of OAuth in a list": [400, '{"details":[{"code":"unauthorized_client"}]}', json],
  "503 with a code of OAuth beside a message": [503, '{"code":"temporarily_unavailable","message":"x"}', json],
  "429 with an id of OAuth": [429, '{"errorId":"temporarily_unavailable"}', json],
  "401 without a body": [401, ""],
  "401 in JSON": [401, '{"message":"Unauthorized"}', json],
  "403 in JSON": [403, '{"message":"Forbidden"}', json],
  "403 in a list": [403, '[{"code":"WAF","message":"Request blocked"}]', json],
  "403 in a page": [403, page, { "content-type": "text/html" }],
  "400 of a limit in JSON": [400, JSON.stringify({ message: "GW-0010" }), json],
  "404 in JSON": [404, '{"message":"no Route matched with those values"}', json],
  "413 in JSON": [413, '{"error":"Payload Too Large"}', json],
  "a text in JSON": [400, '"invalid_grant, they said"', json]
}

/** until a token of the sandbox is over */
const lives = { books: "5 minutes", payables: "1 hour", erpSso: "1 hour", gateway: "5 minutes" } as const

/** an application whose next rotations are carried out and answered by somebody else */
const open = async (flow: Flow, reuse: "refused" | "accepted", inDoubt: "replay" | "report") => {
  const options = { refreshReuse: reuse }
  const world = await openGrants({
    businessCloud: options,
    intacctRest: options,
    x3: { identityProvider: options, gateway: options }
  })
  const { sandbox } = world
  let answer: Response | undefined
  let sent = 0
  const settings = {
    clock: sandbox.clock,
    retry: fastRetry,
    fetch: (async (input, init) => {
      const request = new Request(input, init)
      const body = await request.clone().text()
      const answered = await fetch(request)
      const refreshes = body.includes("refresh_token")
      // counted here: the sandbox masks whatever it tells of
      if (refreshes) sent++
      if (answer === undefined || !refreshes) return answered
      await answered.arrayBuffer()
      const replaced = answer
      answer = undefined
      return replaced
    }) satisfies typeof globalThis.fetch
  }
  const connections = { ...connectionsOf(sandbox), books: businessCloud(booksOptions(sandbox, { inDoubt })) }
  const sage = createSageAuth({ connections, ...settings })
  onTestFinished(() => sage.close())
  const app = { ...world, sage, events: logEvents(sage.events()) }
  const told = async (type: "rotation-in-doubt" | "reauthorization-required") => (await app.events.of(type)).length
  const seen = async () => ({
    doubts: await told("rotation-in-doubt"),
    asked: await told("reauthorization-required"),
    sent
  })
  return {
    ...app,
    /** gives what became of a grant's next rotation, which something in front answers under that name */
    meet: async (name: string, calls: number) => {
      await consent(app, flow)
      assert.strictEqual(await endOf(call(app, flow)), "HTTP 200")
      await sandbox.clock.advance(lives[flow])
      const before = await seen()
      const [status, body, headers] = answers[name]!
      answer = new Response(status === 302 ? null : body, { status, headers: headers ?? {} })
      const ends: Array<string> = []
      for (let calling = 0; calling < calls; calling++) ends.push(await endOf(call(app, flow)))
      const after = await seen()
      const met = {
        ends,
        state: (await sage.client(flow).status()).state,
        doubts: after.doubts - before.doubts,
        asked: after.asked - before.asked,
        sent: after.sent - before.sent
      }
      return [name, met] as const
    }
  }
}

/** What becomes of a grant at each of some answers, one after the other. */
const atEach = async ({ meet }: Awaited<ReturnType<typeof open>>, names: ReadonlyArray<string>, calls: number) => {
  const met: Array<Awaited<ReturnType<typeof meet>>> = []
  for (const name of names) met.push(await meet(name, calls))
  return met
}

/** The name of every answer. */
export const everyAnswer: ReadonlyArray<string> = Object.keys(answers)

const each = <A>(names: ReadonlyArray<string>, expected: A) => names.map((name) => [name, expected] as const)

export const rotating = ["books", "payables", "erpSso", "gateway"] as const

/** Every fourth answer, and another one for each flow. */
export const dealtTo = (flow: Flow): ReadonlyArray<string> =>
  everyAnswer.filter((_, index) => index % rotating.length === rotating.indexOf(flow))

/** Whoever answers like that, the token is sent once more, and what came is saved where the server takes it again. */
export const replayedBehind = (flow: Flow, names: ReadonlyArray<string>): void => {
  it(`is in doubt, replayed once, and saved where the server takes the old token again, of ${flow}`, async () => {
    assert.deepStrictEqual(
      await atEach(await open(flow, "accepted", "replay"), names, 1),
      each(names, { ends: ["HTTP 200"], state: "connected", doubts: 1, asked: 0, sent: 2 })
    )
  })
}

/** The same at a server that punishes the second use. What follows a doubt does not depend on what raised it. */
export const doubtedBehind = (flow: Flow, names: ReadonlyArray<string>, inDoubt: "replay" | "report"): void => {
  const [calls, sent] = inDoubt === "replay" ? [3, 2] : [2, 1]
  const often = inDoubt === "replay" ? "after one replay" : "and never sent again"
  it(`is called in doubt where the server punishes the second use, ${often}, of ${flow}`, async () => {
    const state = "reauthorization-required"
    assert.deepStrictEqual(
      await atEach(await open(flow, "refused", inDoubt), names, calls),
      each(names, { ends: Array(calls).fill("RotationInDoubt"), state, doubts: 1, asked: 1, sent })
    )
  })
}
