import { assert, describe, onTestFinished, test } from "vitest"
import type { RotationShown } from "../src/Board.ts"
import { openWorld } from "../src/World.ts"

const texts = ({ steps }: RotationShown) => steps.map(({ step, text, tone }) => `${step}, ${tone}: ${text}`)

/** An application whose connection has a consent, and the texts of its rotations, the newest first. */
const consented = async (connection: "books" | "erpCloud") => {
  const world = await openWorld("http://localhost:1")
  onTestFinished(() => world.close())
  const client = world.sage.client(connection, { tenant: "acme" })
  const { cookie, url } = await client.authorize({ returnTo: "/" })
  await world.sage.completeAuthorization({ url: await world.sandbox.approve(url), cookie })
  return { client, rotations: () => world.timeline.shown.map(texts), world }
}

const taken = "lease, good: Taken: nobody else renews this grant meanwhile"
const noted = "intent, good: Noted in the store before anything is sent"
const sent = "request, good: The refresh token is sent to Sage"

describe("the timeline", () => {
  test("is empty until a refresh token is rotated", async () => {
    const { rotations, world } = await consented("books")
    await world.sage.client("vendors", { tenant: "acme" }).refresh()
    assert.deepStrictEqual(rotations(), [])
  })

  test("tells that a refused token is the end of its grant", async () => {
    const { client, rotations, world } = await consented("books")
    world.sandbox.businessCloud.endGrants({ email: world.tenants[0]?.email ?? "" })
    await client.refresh().catch(() => {})
    assert.deepStrictEqual(rotations(), [
      [
        taken,
        noted,
        sent,
        "answer, bad: HTTP 400, no new token",
        "written, bad: The grant is dead: a human has to connect again"
      ]
    ])
    assert.strictEqual(world.timeline.death("books", "acme"), "Revoked")
  })

  test("tells that a note is taken back where the server did nothing, and of the next attempt by itself", async () => {
    const { client, rotations, world } = await consented("books")
    world.sandbox.fault("business-cloud", { on: "refresh_token", kind: "unavailable" })
    await client.refresh()
    assert.deepStrictEqual(rotations(), [
      [
        taken,
        noted,
        sent,
        "answer, good: HTTP 200, a new token",
        "written, good: The new pair is stored, and only now used"
      ],
      [
        taken,
        noted,
        sent,
        "answer, bad: HTTP 503, no new token",
        "written, doubt: The note is taken back: Sage did nothing, the old token is still good"
      ]
    ])
  })

  test("says that it does not see what a connection with a carrier of its own sends", async () => {
    const { client, rotations } = await consented("erpCloud")
    await client.refresh()
    assert.deepStrictEqual(rotations(), [
      [
        taken,
        noted,
        "request, doubt: Not seen: this connection has a carrier of its own, for `ca`",
        "written, good: The new pair is stored, and only now used"
      ]
    ])
  })

  test("keeps the last eight, and no token in any", async () => {
    const { client, rotations, world } = await consented("books")
    for (let count = 0; count < 10; count++) await client.refresh()
    assert.lengthOf(rotations(), 8)
    // neither a token nor the hash that names it
    assert.notMatch(JSON.stringify(world.timeline.shown), /[\w-]{24}/)
  })
})
