import { assert, describe, it } from "vitest"
import { consent, openWorld } from "../../src/oauth/world.ts"

/** a token endpoint that grants what it likes; undefined: it says nothing about it */
const granting =
  (scope: string | undefined): typeof globalThis.fetch =>
  async (input, init) => {
    const response = await globalThis.fetch(input, init)
    const url = String(input instanceof Request ? input.url : input)
    if (!url.endsWith("/token")) return response
    const { scope: _, ...answer } = (await response.json()) as Record<string, unknown>
    return Response.json(scope === undefined ? answer : { ...answer, scope }, { status: response.status })
  }

const advisedBy = async (granted: string | undefined, asked?: "full_access" | "readonly") => {
  const world = await openWorld({
    ...(asked === undefined ? {} : { books: { scope: asked } }),
    settings: { fetch: granting(granted) }
  })
  await consent(world, "books")
  // a renewal is no consent: it says nothing again
  await world.sage.client("books").refresh()
  return (await world.events.of("advice")).filter(({ subject }) => subject === "smaller-grant")
}

describe("a consent that grants less than was asked for", () => {
  it("is told once, with what is missing", async () => {
    const [advice, ...more] = await advisedBy("readonly")
    assert.deepStrictEqual(more, [])
    assert.include(advice?.message, "full_access")
  })

  it.each([
    ["all of it", "full_access", "full_access"],
    ["more", "full_access readonly", "readonly"],
    ["nothing that it speaks of", undefined, "full_access"]
  ] as const)("is not seen in one that grants %s", async (_, granted, asked) => {
    assert.deepStrictEqual(await advisedBy(granted, asked), [])
  })
})
