import { assert, describe, it } from "vitest"
import type { Members } from "../src/Connection.ts"
import { misconfigured, type Place } from "../src/errors/SageAuthError.ts"
import { lateClient, lateIterator } from "../src/createSageAuth.ts"

const place: Place = { surface: "intacct-xml", connection: "ledger", tenant: "acme" }

const members = {
  calls: { execute: "promise", status: "promise" },
  lists: { records: 1 },
  narrowing: {
    entity: (at: Place, id: string) => {
      if (id === "") throw misconfigured([{ option: "entity()", expected: "an id" }], at)
    }
  }
} as unknown as Members

/** What does the work, and says what was asked of it. */
const realClient = (said: Array<string>, entity = "top"): Record<string, unknown> => ({
  execute: async (what: string) => {
    said.push(`${entity}: ${what}`)
    return `${what} in ${entity}`
  },
  status: async () => entity,
  records: async function* (what: string) {
    said.push(`${entity}: ${what}`)
    yield `${what} 1 in ${entity}`
    yield `${what} 2 in ${entity}`
  },
  entity: (id: string) => realClient(said, id)
})

/** An engine that is loaded when the test says so. */
const engine = () => {
  const said: Array<string> = []
  let loaded: object | undefined
  let loads = 0
  let failing: Error | undefined
  const waiting: Array<() => void> = []
  const finish = () => {
    loaded ??= realClient(said)
    for (const go of waiting.splice(0)) go()
  }
  const client = lateClient(
    members,
    place,
    () => loaded,
    (use) => {
      loads++
      if (failing !== undefined) return Promise.reject(failing)
      return new Promise((resolve, reject) => {
        waiting.push(() => void Promise.resolve(use(loaded as object)).then(resolve, reject))
      })
    }
  ) as {
    readonly connection: string
    readonly tenant: string
    readonly surface: string
    readonly execute: (what: string) => Promise<string>
    readonly status: () => Promise<string>
    readonly records: (what: string) => AsyncIterable<string>
    readonly entity: (id: string) => {
      readonly execute: (what: string) => Promise<string>
      readonly records: (what: string) => AsyncIterable<string>
    }
  }
  return {
    client,
    said,
    finish,
    fail: (error: Error | undefined) => {
      failing = error
    },
    loads: () => loads
  }
}

/** Everything of a list. */
const readAll = async <A>(list: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const read: Array<A> = []
  for await (const each of list) read.push(each)
  return read
}

describe("a client before its engine is loaded", () => {
  it("says where it belongs, and loads nothing by that", () => {
    const { client, loads } = engine()
    assert.deepStrictEqual([client.surface, client.connection, client.tenant], ["intacct-xml", "ledger", "acme"])
    assert.strictEqual(loads(), 0)
  })

  it("serves what was called meanwhile in the order of the calls", async () => {
    const { client, finish, said } = engine()
    const answers = [client.execute("first"), client.entity("E1").execute("second"), client.execute("third")]
    assert.deepStrictEqual(said, [])
    finish()
    assert.deepStrictEqual(await Promise.all(answers), ["first in top", "second in E1", "third in top"])
    assert.deepStrictEqual(said, ["top: first", "E1: second", "top: third"])
  })

  it("goes to what is loaded at once from then on, also by members that were taken out of it", async () => {
    const { client, finish, loads, said } = engine()
    const { execute } = client
    const inE2 = client.entity("E2")
    finish()
    assert.deepStrictEqual([await execute("a"), await inE2.execute("b")], ["a in top", "b in E2"])
    assert.deepStrictEqual(said, ["top: a", "E2: b"])
    assert.strictEqual(loads(), 0)
  })

  it("checks what narrows it at once", () => {
    const { client, loads } = engine()
    assert.throws(() => client.entity(""), /entity\(\)/)
    assert.strictEqual(loads(), 0)
  })

  it("asks for a list when it is iterated, and loads nothing before", async () => {
    const { client, finish, loads, said } = engine()
    const lists = [client.records("vendors"), client.entity("E1").records("bills")] as const
    assert.deepStrictEqual([loads(), said], [0, []])
    const read = Promise.all(lists.map((list) => readAll(list)))
    await Promise.resolve()
    finish()
    assert.deepStrictEqual(await read, [
      ["vendors 1 in top", "vendors 2 in top"],
      ["bills 1 in E1", "bills 2 in E1"]
    ])
    const loaded = loads()
    assert.deepStrictEqual(await readAll(client.records("items")), ["items 1 in top", "items 2 in top"])
    assert.strictEqual(loads(), loaded)
  })

  it("tries again with the next call what could not be loaded", async () => {
    const { client, fail, finish, loads } = engine()
    fail(new Error("no such file"))
    const failed = await client.execute("a").then(
      () => "done",
      (error: Error) => error.message
    )
    assert.strictEqual(failed, "no such file")
    fail(undefined)
    const second = client.execute("b")
    finish()
    assert.deepStrictEqual([await second, loads()], ["b in top", 2])
  })
})

async function* numbers(left: () => void): AsyncGenerator<number, void> {
  try {
    yield 1
    yield 2
  } finally {
    left()
  }
}

/** An iterator that comes when the test says so. */
const coming = () => {
  let resolve!: (iterator: AsyncIterableIterator<number>) => void
  const promise = new Promise<AsyncIterableIterator<number>>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

describe("an iterator before its engine is loaded", () => {
  it("reads what comes once it is there, to the end", async () => {
    const { promise, resolve } = coming()
    const read: Array<number> = []
    const reading = (async () => {
      for await (const each of lateIterator(promise)) read.push(each)
    })()
    resolve(numbers(() => {}))
    await reading
    assert.deepStrictEqual(read, [1, 2])
  })

  it("leaves the real one when its reader leaves, before and after it is there", async () => {
    const left: Array<string> = []
    const { promise, resolve } = coming()
    const early = lateIterator(promise)
    const leaving = early.return?.()
    const source = numbers(() => left.push("early"))
    await source.next()
    resolve(source)
    await leaving
    const later = lateIterator(Promise.resolve(numbers(() => left.push("later"))))
    assert.deepStrictEqual(await later.next(), { done: false, value: 1 })
    await later.return?.()
    assert.deepStrictEqual(left, ["early", "later"])
  })

  it("tells its reader that the engine could not be loaded, and nobody else", async () => {
    const iterator = lateIterator(Promise.reject(new Error("no such file")))
    const failed = await iterator.next().then(
      () => "read",
      (error: Error) => error.message
    )
    assert.strictEqual(failed, "no such file")
  })
})
