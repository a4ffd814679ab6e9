import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type { CoordinationInspection, CoordinationPort, Permit, PermitRequest } from "../traffic/CoordinationPort.ts"
import { madeByEffect, remedyFor } from "../config/options.ts"
import { misconfigured } from "../errors/SageAuthError.ts"
import { sameContent } from "./grant-store/Case.ts"

/** What the suite is told about an implementation, and the test framework that runs it. */
export interface CoordinationSuiteOptions {
  /** said in the titles */
  readonly name: string
  /**
   * Makes the coordination. It is made anew for each test. Permits of others may stay: the suite uses pools of its own
   * and looks at nothing else.
   */
  readonly open: () => CoordinationPort | Promise<CoordinationPort>
  /**
   * whether what is made twice is one. Then the suite also lets two of them serve the same pool, as two processes do
   */
  readonly shared: boolean
  /** of vitest, `node:test`, Jest or any other framework in their manner */
  readonly describe: (name: string, body: () => void) => unknown
  /** of the same framework: one test, with its title */
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

/** How the suite looks for a state that has to come. */
export interface Looks {
  /** how often, before the state is missing */
  readonly times: number
  /** waits for the next look */
  readonly pause: () => Promise<unknown>
}

/** Whatever answers over a network may take a moment: ten seconds at least. */
const patient: Looks = { times: 2_000, pause: () => sleep(5) }

/** A pool of a test's own. */
class Pool {
  readonly port: CoordinationPort
  readonly name: string
  readonly #looks: Looks

  constructor(port: CoordinationPort, looks: Looks, name = `pool ${randomUUID()}`) {
    this.port = port
    this.#looks = looks
    this.name = name
  }

  /** Another pool, of the same name unless it is given one of its own. */
  with({ name = this.name, port = this.port }: { readonly name?: string; readonly port?: CoordinationPort }): Pool {
    return new Pool(port, this.#looks, name)
  }

  acquire(request: Partial<PermitRequest> = {}, signal = new AbortController().signal): Promise<Permit> {
    return this.port.acquire(this.name, { limit: 1, ahead: false, ...request }, signal)
  }

  /** asks for a permit that is not free, and goes on when it is in the queue */
  async wait(request: Partial<PermitRequest> = {}, signal?: AbortSignal): Promise<{ readonly got: Promise<Permit> }> {
    const { waiting } = await this.port.state(this.name)
    const got = this.acquire(request, signal)
    got.catch(() => {})
    await this.until(`${waiting + 1} wait`, (state) => state.waiting === waiting + 1)
    return { got }
  }

  async until(what: string, is: (state: { readonly inUse: number; readonly waiting: number }) => boolean) {
    const { pause, times } = this.#looks
    for (let look = 1; ; look++) {
      const state = await this.port.state(this.name)
      if (is(state)) return
      assert.ok(look < times, `${what}: ${JSON.stringify(state)} after ${look} looks`)
      await pause()
    }
  }

  async seen(what: string, is: (inspection: CoordinationInspection) => boolean): Promise<void> {
    const { pause, times } = this.#looks
    for (let look = 1; ; look++) {
      const inspection = await this.port.inspect?.()
      if (inspection !== undefined && is(inspection)) return
      assert.ok(look < times, `${what}: ${JSON.stringify(inspection)} after ${look} looks`)
      await pause()
    }
  }

  async untilIdle(): Promise<void> {
    await this.until("it is unused", ({ inUse, waiting }) => inUse === 0 && waiting === 0)
  }
}

/** what a test of one pool does */
type Case = (pool: Pool) => Promise<void>

/** takes one permit after the other as it comes, gives each back, and says who got one in which order */
const served = async (waiters: ReadonlyArray<readonly [who: string, got: Promise<Permit>]>) => {
  const order: Array<string> = []
  await Promise.all(
    waiters.map(async ([who, got]) => {
      const permit = await got
      order.push(who)
      permit.release()
    })
  )
  return order
}

const cases: { readonly [title: string]: Case } = {
  "gives out as many permits as the limit says, and the next one when one comes back": async (pool) => {
    const [first, second] = await Promise.all([pool.acquire({ limit: 2 }), pool.acquire({ limit: 2 })])
    const { got } = await pool.wait({ limit: 2 })
    const { inUse, limit } = await pool.port.state(pool.name)
    sameContent({ inUse, limit }, { inUse: 2, limit: 2 })
    first.release()
    const third = await got
    second.release()
    third.release()
    await pool.untilIdle()
  },
  "serves those who wait in the order in which they came": async (pool) => {
    const held = await pool.acquire()
    const waiters: Array<readonly [string, Promise<Permit>]> = []
    for (const who of ["a", "b", "c", "d", "e"]) waiters.push([who, (await pool.wait()).got])
    held.release()
    sameContent(await served(waiters), ["a", "b", "c", "d", "e"])
  },
  "lets those who say `ahead` go before all others, in their own order": async (pool) => {
    const held = await pool.acquire()
    const waiters: Array<readonly [string, Promise<Permit>]> = []
    for (const who of ["call 1", "renewal 1", "call 2", "renewal 2"]) {
      waiters.push([who, (await pool.wait({ ahead: who.startsWith("renewal") })).got])
    }
    held.release()
    sameContent(await served(waiters), ["renewal 1", "renewal 2", "call 1", "call 2"])
  },
  "frees one permit, however often it is given back": async (pool) => {
    const held = await pool.acquire()
    held.release()
    held.release()
    const again = await pool.acquire()
    held.release()
    const { got } = await pool.wait()
    again.release()
    ;(await got).release()
    await pool.untilIdle()
  },
  "lets a waiter leave when its signal is aborted, with the signal's reason": async (pool) => {
    const held = await pool.acquire()
    const leaving = new AbortController()
    const first = await pool.wait({}, leaving.signal)
    const second = await pool.wait()
    const reason = new Error("somebody has left")
    leaving.abort(reason)
    await assert.rejects(first.got, (thrown) => thrown === reason)
    await pool.until("one waits", ({ waiting }) => waiting === 1)
    held.release()
    ;(await second.got).release()
    await pool.untilIdle()
  },
  "gives nothing to somebody whose signal was aborted before": async (pool) => {
    const reason = new Error("too late")
    await assert.rejects(pool.acquire({}, AbortSignal.abort(reason)), (thrown) => thrown === reason)
    await pool.untilIdle()
  },
  "loses no permit when a waiter leaves at the moment in which it is served": async (pool) => {
    for (let round = 0; round < 20; round++) {
      const held = await pool.acquire()
      const leaving = new AbortController()
      const { got } = await pool.wait({}, leaving.signal)
      held.release()
      leaving.abort(new Error("at the same time"))
      await got.then(
        (permit) => permit.release(),
        () => {}
      )
      await pool.untilIdle()
    }
  },
  "passes over a waiter who does not want the permit any more": async (pool) => {
    const held = await pool.acquire()
    const leaving = new AbortController()
    let asked = 0
    const unwilling = await pool.wait(
      {
        wanted: () => {
          asked++
          return false
        }
      },
      leaving.signal
    )
    const next = await pool.wait()
    held.release()
    const permit = await next.got
    assert.equal(asked, 1)
    leaving.abort(new Error("left by itself"))
    await assert.rejects(unwilling.got)
    permit.release()
    await pool.untilIdle()
  },
  "says that a permit comes from somebody who gave up waiting for an answer": async (pool) => {
    for (const hung of [true, false]) {
      const held = await pool.acquire()
      const heard: Array<boolean> = []
      const { got } = await pool.wait({
        wanted: (given) => {
          heard.push(given)
          return true
        }
      })
      held.release(hung)
      ;(await got).release()
      sameContent(heard, [hung])
      await pool.untilIdle()
    }
  },
  "tells only the first who has to wait": async (pool) => {
    const told: Array<string> = []
    const asking = (who: string) => ({ onSaturated: () => void told.push(who) })
    const held = await pool.acquire(asking("served at once"))
    const first = await pool.wait(asking("first"))
    const second = await pool.wait(asking("second"))
    sameContent(told, ["first"])
    held.release()
    await served([
      ["first", first.got],
      ["second", second.got]
    ])
  },
  "serves those who wait when a newer statement raises the limit": async (pool) => {
    const held = await pool.acquire({ limit: 1 })
    const { got } = await pool.wait({ limit: 1 })
    const [waited, newest] = await Promise.all([got, pool.acquire({ limit: 3 })])
    assert.equal((await pool.port.state(pool.name)).inUse, 3)
    for (const permit of [held, waited, newest]) permit.release()
    await pool.untilIdle()
  },
  "gives out nothing above a limit that a newer statement lowers": async (pool) => {
    const [first, second] = await Promise.all([pool.acquire({ limit: 2 }), pool.acquire({ limit: 2 })])
    const { got } = await pool.wait({ limit: 1 })
    first.release()
    await pool.until("one is out", ({ inUse, waiting }) => inUse === 1 && waiting === 1)
    second.release()
    ;(await got).release()
    await pool.untilIdle()
  },
  "never has more out than the limit, and serves everybody": async (pool) => {
    let [out, most, done] = [0, 0, 0]
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const permit = await pool.acquire({ limit: 3 })
        most = Math.max(most, ++out)
        await new Promise(setImmediate)
        out--
        permit.release()
        done++
      })
    )
    assert.ok(most <= 3, `${most} at a time`)
    assert.equal(done, 100)
    await pool.untilIdle()
  },
  "keeps pools apart, whatever their names": async (pool) => {
    const names = ["acme", "ACME ", "東京", "a:b", "a/b", "a'b\"c", "{acme}", "x".repeat(300)]
    const pools = names.map((name) => pool.with({ name: `${pool.name} ${name}` }))
    const permits = await Promise.all(pools.map((each) => each.acquire()))
    for (const permit of permits) permit.release()
    await Promise.all(pools.map((each) => each.untilIdle()))
  },
  "knows no limit of an unused pool": async (pool) => {
    sameContent(await pool.port.state(pool.name), { limit: 0, inUse: 0, waiting: 0 })
  }
}

const sharedCases: { readonly [title: string]: (one: Pool, other: Pool) => Promise<void> } = {
  "have one limit": async (one, other) => {
    const held = await one.acquire()
    const { got } = await other.wait()
    sameContent(await one.port.state(one.name), { limit: 1, inUse: 1, waiting: 1 })
    held.release()
    ;(await got).release()
    await one.untilIdle()
  },
  "have one queue": async (one, other) => {
    const held = await one.acquire()
    const waiters: Array<readonly [string, Promise<Permit>]> = []
    for (const [who, pool] of Object.entries({ a: one, b: other, c: one, d: other })) {
      waiters.push([who, (await pool.wait()).got])
    }
    waiters.push(["renewal", (await other.wait({ ahead: true })).got])
    held.release()
    sameContent(await served(waiters), ["renewal", "a", "b", "c", "d"])
  },
  "are seen by who inspects either of them, where it may be inspected": async (one, other) => {
    if (one.port.inspect === undefined) return
    const permits = await Promise.all([one.acquire({ limit: 2 }), other.acquire({ limit: 2 })])
    const { got } = await other.wait({ limit: 2 })
    await one.seen("two processes, two permits and who waits", ({ inUse, place, pools, processes, waiting }) => {
      // others may use the same place
      return place !== "" && processes >= 2 && pools >= 1 && inUse >= 2 && waiting >= 1
    })
    for (const permit of permits) permit.release()
    ;(await got).release()
    await one.untilIdle()
  }
}

const broadcastCases: { readonly [title: string]: (one: CoordinationPort, other: CoordinationPort) => Promise<void> } =
  {
    "tell each other what is sent while they listen, up to 7,000 bytes, in order": async (one, other) => {
      const heard: Array<string> = []
      const texts = [`{"from":"${randomUUID()}"}`, "é".repeat(3_500), "it's over"]
      const mine = new Set(texts)
      await new Promise<void>((resolve, reject) => {
        const listening = one.broadcast?.listen((text) => {
          // others may use the same place
          if (mine.has(text)) heard.push(text)
          if (heard.length === texts.length) resolve()
        })
        const sending = async () => {
          const end = await listening
          for (const text of texts) await other.broadcast?.send(text)
          return end
        }
        sending().catch(reject)
      })
      sameContent(heard, texts)
    },
    "hear nothing after they have ended listening": async (one, other) => {
      const heard: Array<string> = []
      const [first, last] = [randomUUID(), randomUUID()]
      const end = await one.broadcast?.listen((text) => heard.push(text))
      end?.()
      await new Promise<void>((resolve, reject) => {
        const sending = async () => {
          await one.broadcast?.listen((text) => {
            if (text === last) resolve()
          })
          await other.broadcast?.send(first)
          await other.broadcast?.send(last)
        }
        sending().catch(reject)
      })
      assert.ok(!heard.includes(first) && !heard.includes(last))
    }
  }

/**
 * Registers the tests that every coordination has to pass. Nothing in this library relies on more than they show.
 *
 * Assertions are those of `node:assert`; times are real, and no test waits longer than it must.
 *
 * @example
 * ```ts
 * import { describe, it } from "node:test"
 * import { coordinationSuite } from "@sage-auth/core/testing"
 *
 * coordinationSuite({ name: "mine", open: () => myCoordination(), shared: true, describe, it })
 * ```
 *
 * @category testing
 */
export const coordinationSuite = (options: CoordinationSuiteOptions): void => registerCoordination(options, patient)

/** The same with other looks, for the tests of this suite. */
export const registerCoordination = (
  { describe, it, name, open, shared }: CoordinationSuiteOptions,
  looks: Looks
): void => {
  const opened = async <A>(use: (port: CoordinationPort) => Promise<A>): Promise<A> => {
    const port = await open()
    const made = madeByEffect("Layer", port)
    if (made !== undefined) {
      const expected = `a coordination with promises: ${remedyFor(made, "a layer of Coordination")}`
      throw misconfigured([{ option: "open()", expected }])
    }
    try {
      return await use(port)
    } finally {
      await port.close?.()
    }
  }
  describe(`coordination: ${name}`, () => {
    for (const [title, test] of Object.entries(cases)) {
      it(title, () => opened((port) => test(new Pool(port, looks))))
    }
    if (!shared) return
    describe("two processes", () => {
      for (const [title, test] of Object.entries(sharedCases)) {
        it(title, () =>
          opened((one) =>
            opened((other) => {
              const pool = new Pool(one, looks)
              return test(pool, pool.with({ port: other }))
            })
          )
        )
      }
      for (const [title, test] of Object.entries(broadcastCases)) {
        it(title, () =>
          opened((one) =>
            opened(async (other) => {
              // it may be left out
              if (one.broadcast !== undefined) await test(one, other)
            })
          )
        )
      }
    })
  })
}
