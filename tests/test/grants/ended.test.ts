/** How a grant ended is told to whoever asks, in this process and in any other. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { businessCloud, createSageAuth, explain, isSageAuthError, type SageAuthError } from "@sage-auth/core"
import { assert, describe, it, onTestFinished } from "vitest"
import { call, consent, flows, inFile, refreshes } from "../../src/grants/world.ts"
import { booksOptions } from "../../src/oauth/world.ts"
import { fastRetry, logEvents, openSandbox } from "../../src/world.ts"

type Flow = "books" | "payables" | "erpSso" | "gateway"

const lives = { books: "5 minutes", payables: "1 hour", erpSso: "1 hour", gateway: "5 minutes" } as const

/** two processes that share a file; `answer` answers refreshes in place of the server */
const openTwo = async (flow: Flow, answer?: () => Response | undefined) => {
  const directory = await mkdtemp(join(tmpdir(), "sage-auth-ended-"))
  const sandbox = await openSandbox()
  const store = inFile(join(directory, "grants.db"))
  const start = () => {
    const sage = createSageAuth({
      connections: sandbox.connections(),
      clock: sandbox.clock,
      retry: fastRetry,
      fetch: async (input, init) => {
        const request = new Request(input, init)
        const instead = (await request.clone().text()).includes("refresh_token") ? answer?.() : undefined
        return instead ?? fetch(request)
      },
      ...store
    })
    return { sage, events: logEvents(sage.events()) }
  }
  const [one, other] = [start(), start()]
  onTestFinished(async () => {
    await Promise.all([one.sage.close(), other.sage.close()])
    await rm(directory, { recursive: true })
  })
  await consent({ sandbox, sage: one.sage }, flow)
  await call(one, flow)
  await call(other, flow)
  await sandbox.clock.advance(lives[flow])
  return { sandbox, one, other, start }
}

const failureOf = (app: Parameters<typeof call>[0], flow: Flow): Promise<SageAuthError> =>
  call(app, flow).then(
    () => assert.fail("it was served"),
    (error: unknown) => (isSageAuthError(error) ? error : assert.fail(String(error)))
  )

const told = ({ code, id, message, reason, remedy }: SageAuthError) => ({
  code,
  id,
  message,
  remedy,
  cause: reason._tag === "ReauthorizationRequired" ? reason.cause : reason._tag
})

/** what the first caller was told, who found it out; everybody else was told the same, without a request */
const ends = async ({ one, other, sandbox, start }: Awaited<ReturnType<typeof openTwo>>, flow: Flow) => {
  const first = told(await failureOf(one, flow))
  const sent = refreshes(sandbox, flows[flow].surface)
  for (const app of [one, other, start()]) assert.deepStrictEqual(told(await failureOf(app, flow)), first)
  await sandbox.clock.advance("1 day")
  assert.include(await one.sage.keepAlive(), { renewed: 0 })
  assert.deepStrictEqual(told(await failureOf(one, flow)), first)
  assert.strictEqual(refreshes(sandbox, flows[flow].surface), sent)
  assert.strictEqual((await one.sage.client(flow).status()).state, "reauthorization-required")
  const events = [
    ...(await one.events.of("reauthorization-required")),
    ...(await other.events.of("reauthorization-required"))
  ]
  assert.lengthOf(events, 1)
  assert.strictEqual(events[0]?.cause, first.cause)
  await consent({ sandbox, sage: other.sage }, flow)
  assert.strictEqual((await call(one, flow)).status, 200)
  return { ...first, sent }
}

describe("a grant that the server ended says so, and why, to every later caller and every other process", () => {
  const ended = {
    books: "business-cloud.grant-ended",
    payables: "intacct-rest.grant-ended",
    erpSso: "x3-web-services.grant-ended",
    gateway: "x3-gateway.grant-ended"
  } as const

  for (const flow of ["books", "payables", "erpSso", "gateway"] as const) {
    it(`of ${flow}`, async () => {
      const world = await openTwo(flow)
      const { sandbox } = world
      if (flow === "books") sandbox.businessCloud.endGrants()
      else if (flow === "payables") sandbox.intacctRest.endGrants()
      else if (flow === "erpSso") sandbox.x3.identityProvider.endGrants()
      else sandbox.x3.endPairings()
      const { cause, id, message } = await ends(world, flow)
      assert.strictEqual(cause, "Revoked")
      assert.strictEqual(id, ended[flow])
      assert.include(message, explain(id)[0]?.cause ?? "an entry")
    })
  }

  it("with the status that the server answered with", async () => {
    for (const status of [400, 401]) {
      const refused = () => Response.json({ error: "invalid_grant" }, { status })
      const { message } = await ends(await openTwo("books", once(refused)), "books")
      assert.include(message, `(HTTP ${status})`)
    }
  })

  it("with the server's own words", async () => {
    const words = { error: "invalid_grant", error_description: "The user took the consent back" }
    const { code, message } = await ends(
      await openTwo(
        "erpSso",
        once(() => Response.json(words, { status: 400 }))
      ),
      "erpSso"
    )
    assert.include(message, "The user took the consent back")
    assert.strictEqual(code, "invalid_grant")
  })

  it("in doubt", async () => {
    const world = await openTwo("books", lostTwice())
    const { cause, id } = await ends(world, "books")
    assert.deepStrictEqual([cause, id], ["RotationInDoubt", "client.rotation-in-doubt"])
  })
})

/** answers the first refresh so, and leaves the others to the server */
const once = (answer: () => Response) => {
  let left = 1
  return () => (left-- > 0 ? answer() : undefined)
}

/** the answer to a refresh is lost, and its replay is refused */
const lostTwice = () => {
  let sent = 0
  return () => {
    sent++
    if (sent === 1) return new Response("<html></html>", { status: 502 })
    return sent === 2 ? Response.json({ error: "invalid_grant" }, { status: 400 }) : undefined
  }
}

describe("a refresh token that the identity provider answers with", () => {
  for (const code of ["interaction_required", "login_required", "consent_required"]) {
    it(`${code} needs a human: told once, and nothing is sent again`, async () => {
      const words = { error: code, error_description: "AADSTS50076: multi-factor authentication is needed" }
      const world = await openTwo(
        "erpSso",
        once(() => Response.json(words, { status: 400 }))
      )
      const first = await ends(world, "erpSso")
      assert.strictEqual(first.id, "client.interaction-required")
      assert.strictEqual(first.code, code)
      assert.include(first.message, "multi-factor authentication is needed")
      assert.strictEqual(first.sent, 0)
    })
  }
})

it("a grant without a refresh token ends with its access token, and says that there was nothing to renew it with", async () => {
  const sandbox = await openSandbox({ businessCloud: {} })
  const sage = createSageAuth({
    connections: { books: businessCloud(booksOptions(sandbox)) },
    clock: sandbox.clock,
    fetch: async (input, init) => {
      const answer = await fetch(input, init)
      if (!String(input instanceof Request ? input.url : input).endsWith("/token")) return answer
      const { refresh_token: _, ...rest } = (await answer.json()) as Record<string, unknown>
      return Response.json(rest, { status: answer.status })
    }
  })
  onTestFinished(() => sage.close())
  const { cookie, url } = await sage.client("books").authorize({ returnTo: "/" })
  await sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
  await sandbox.clock.advance("6 minutes")
  for (let times = 0; times < 2; times++) {
    const error: unknown = await sage
      .client("books")
      .headers()
      .catch((caught: unknown) => caught)
    assert.isTrue(isSageAuthError(error) && error.id === "client.grant-expired")
  }
})
