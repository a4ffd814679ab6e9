import type { BusinessCloudOptions, IntacctRestOptions } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import { call, consent, endOf, flows, type GrantWorld, openGrants, refreshes } from "./world.ts"
import { settle } from "../settle.ts"

/** How a server is odd, and how often its refresh token is sent for all that. */
interface Odd<Options> {
  readonly options: Options
  readonly atLeast: number
  readonly atMost: number
}

/** calls every so often, so many times; gives how many calls were served */
const callsServed = async (
  world: GrantWorld,
  flow: "books" | "payables",
  every: number,
  calls: number
): Promise<number> => {
  let served = 0
  for (let made = 0; made < calls; made++) {
    if ((await endOf(call(world, flow))) === "HTTP 200") served++
    await settle()
    await world.sandbox.clock.advance(every)
  }
  return served
}

const assertSound = async (world: GrantWorld, flow: "books" | "payables", { atLeast, atMost }: Odd<unknown>) => {
  const sent = refreshes(world.sandbox, flows[flow].surface)
  assert.isAtLeast(sent, atLeast)
  assert.isAtMost(sent, atMost)
  assert.strictEqual((await world.sage.client(flow).status()).state, "connected")
  for (const type of ["rotation-in-doubt", "reauthorization-required", "renewal-failed"] as const) {
    assert.strictEqual((await world.events.of(type)).length, 0, type)
  }
}

const minute = 60_000

// an hour of tokens that live five minutes and are renewed at 50 to 65 % of it
const usual = { atLeast: 14, atMost: 24 }

const books = {
  "omits the refresh token": { options: { refreshToken: "omitted" }, ...usual },
  "gives the same refresh token again": { options: { refreshToken: "same" }, ...usual },
  "rotates, and ends a family whose token comes twice": { options: { refreshReuse: "revoke-family" }, ...usual },
  "does not say how long a token lives": { options: { expiresIn: null }, ...usual },
  "says it as a text": { options: { expiresIn: "300" }, ...usual },
  "says that a token lives no time at all": { options: { expiresIn: 0 }, ...usual },
  "says a negative time": { options: { expiresIn: -300 }, ...usual },
  "says it in words": { options: { expiresIn: "five minutes" }, ...usual },
  // found out by a rejection, which costs one call its first try and nobody an answer
  "says an hour and means five minutes": { options: { expiresIn: 3_600 }, atLeast: 10, atMost: 13 },
  "says five minutes and means one": {
    options: { accessTokenLife: "1 minute", expiresIn: 300 },
    atLeast: 25,
    atMost: 61
  },
  "says a year": { options: { expiresIn: 31_536_000 }, atLeast: 10, atMost: 13 },
  "says a thousand years, which nobody believes": { options: { expiresIn: 31_536_000_000 }, ...usual },
  "says a minute and means five": { options: { expiresIn: 60 }, atLeast: 55, atMost: 121 },
  "has a clock that is ten minutes ahead": { options: { clockSkew: 10 * minute }, ...usual },
  "has a clock that is ten minutes behind": { options: { clockSkew: -10 * minute }, ...usual },
  "does not say how long a refresh token lives": { options: { refreshTokenExpiresIn: null }, ...usual },
  "says that a refresh token lives no time at all": { options: { refreshTokenExpiresIn: 0 }, ...usual },
  "says that a refresh token lives a negative time": { options: { refreshTokenExpiresIn: -1 }, ...usual }
} satisfies Readonly<Record<string, Odd<BusinessCloudOptions>>>

/** The servers that `test` tries: one of each way in which the library reads an answer. The storms try the rest. */
export const usually: ReadonlySet<string> = new Set<OddBooks | OddPayables>([
  "omits the refresh token",
  "rotates, and ends a family whose token comes twice",
  "does not say how long a token lives",
  "says a negative time",
  "says five minutes and means one",
  "says a thousand years, which nobody believes",
  "has a clock that is ten minutes ahead",
  "means what its token says and not what it says",
  "makes tokens that say ten seconds",
  "makes refresh tokens without an end"
])

/** A server of Business Cloud that is odd in one way. */
export type OddBooks = Extract<keyof typeof books, string>

/** An hour of calls at each server that is chosen. */
export const booksServed = (chosen: (title: OddBooks) => boolean): void => {
  describe("an hour of calls through books is served by a server", () => {
    for (const [title, odd] of Object.entries(books) as ReadonlyArray<[OddBooks, Odd<BusinessCloudOptions>]>) {
      if (!chosen(title)) continue
      it(`that ${title}`, async () => {
        const world = await openGrants({ businessCloud: { refreshReuse: "revoke-family", ...odd.options } })
        await consent(world, "books")
        assert.strictEqual(await callsServed(world, "books", minute, 60), 60)
        await assertSound(world, "books", odd)
      })
    }
  })
}

// half a day of tokens that say to live an hour and are renewed at 50 to 68 % of it
const usualRest = { atLeast: 13, atMost: 24 }

const payables = {
  "omits the refresh token": { options: { refreshToken: "omitted" }, ...usualRest },
  "gives the same refresh token again": { options: { refreshToken: "same" }, ...usualRest },
  rotates: { options: {}, ...usualRest },
  "does not say how long a token lives": { options: { expiresIn: null }, ...usualRest },
  "says it as a text": { options: { expiresIn: "43200" }, ...usualRest },
  "says that a token lives no time at all": { options: { expiresIn: 0 }, ...usualRest },
  "means what its token says and not what it says": { options: { accessTokenLife: "1 hour" }, ...usualRest },
  // found out by a rejection
  "says an hour in two ways and means ten minutes": {
    options: { accessTokenLife: "10 minutes", expiresIn: 3_600 },
    atLeast: 40,
    atMost: 75
  },
  "makes tokens that say ten seconds": { options: { jwtLife: "10 seconds" }, atLeast: 100, atMost: 145 },
  "has a clock that is ten minutes ahead": { options: { clockSkew: 10 * minute }, ...usualRest },
  "has a clock that is ten minutes behind": { options: { clockSkew: -10 * minute }, ...usualRest },
  "makes refresh tokens without an end": { options: { refreshTokenLife: null }, ...usualRest }
} satisfies Readonly<Record<string, Odd<IntacctRestOptions>>>

/** A server of Intacct's REST API that is odd in one way. */
export type OddPayables = Extract<keyof typeof payables, string>

/** Half a day of calls at each server that is chosen. */
export const payablesServed = (chosen: (title: OddPayables) => boolean): void => {
  describe("half a day of calls through payables is served by a server", () => {
    for (const [title, odd] of Object.entries(payables) as ReadonlyArray<[OddPayables, Odd<IntacctRestOptions>]>) {
      if (!chosen(title)) continue
      it(`that ${title}`, async () => {
        const world = await openGrants({ intacctRest: { refreshReuse: "revoke-family", ...odd.options } })
        await consent(world, "payables")
        assert.strictEqual(await callsServed(world, "payables", 5 * minute, 144), 144)
        await assertSound(world, "payables", odd)
      })
    }
  })
}
