// What every runner runs: a service with a client of the sandbox injected, and the contracts of a store and of a
// coordination on ones that are written with promises alone.
const assert = require("node:assert/strict")

/** What an application has, and a test gives a client to. */
class Contacts {
  constructor(books) {
    this.books = books
  }

  async names() {
    const response = await this.books.fetch("contacts")
    const { $items } = await response.json()
    return $items.map((contact) => contact.displayed_as)
  }
}

/** What a database would not give back as it was: a text of another company, then. */
const unfit = /^$|\0|\p{Cs}/u

// by hand: what Jest's structuredClone gives are objects of another realm
const copyOf = ({ intent, key, lease, ...record }) => ({
  ...record,
  intent: intent && { ...intent },
  lease: lease && { ...lease },
  ...(key && { key: { ...key } })
})

const fits = (row, { connection, dueBefore, keyIdIsNot, state, surface, tenant }) =>
  (surface === undefined || row.key.surface === surface) &&
  (connection === undefined || row.key.connection === connection) &&
  (tenant === undefined || row.key.tenant === tenant) &&
  (state === undefined || row.state === state) &&
  (dueBefore === undefined || (row.dueAt !== undefined && row.dueAt <= dueBefore)) &&
  (keyIdIsNot === undefined || row.keyId !== keyIdIsNot)

const rowOf = ({ sealedAt, ...row }) => ({ ...copyOf(row), age: Date.now() - sealedAt })

/** The smallest store there is: one process's memory. */
const memoryStore = ({ storeUnavailable }) => {
  const rows = new Map()
  const once = new Map()
  let revisions = 0
  const refuse = (message) => {
    throw storeUnavailable({ message, remedy: "Use another one.", retryable: false })
  }
  const whole = (text) => (unfit.test(text) ? refuse("a name is empty, or is no text of whole characters") : text)
  const idOf = ({ connection, surface, tenant }) => JSON.stringify([surface, connection, tenant].map(whole))
  const valid = (id) => {
    const found = once.get(whole(id))
    return found !== undefined && Date.now() < found.expiresAt ? found.sealed : undefined
  }
  return {
    durable: false,
    grants: {
      read: async (key) => {
        const row = rows.get(idOf(key))
        return row && rowOf(row)
      },
      compareAndSet: async (key, revision, next, { keepAge = false } = {}) => {
        const row = rows.get(idOf(key))
        if (row?.revision !== revision) return undefined
        if (next === undefined) {
          rows.delete(idOf(key))
          return row && rowOf(row)
        }
        const ages = row !== undefined && (keepAge || row.sealed === next.sealed)
        const { connection, surface, tenant } = key
        const written = {
          ...copyOf(next),
          key: { surface, connection, tenant },
          revision: ++revisions,
          sealedAt: ages ? row.sealedAt : Date.now()
        }
        rows.set(idOf(key), written)
        return rowOf(written)
      },
      list: async ({ after, limit = 100, ...filter }) => {
        if (after !== undefined && !rows.has(after)) refuse("no page has ended there")
        const found = [...rows]
          .filter(([id, row]) => (after === undefined || id > after) && fits(row, filter))
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
        const page = found.slice(0, limit)
        return { rows: page.map(([, row]) => rowOf(row)), next: found.length > limit ? page.at(-1)[0] : undefined }
      }
    },
    once: {
      put: async (id, sealed, expiresAt) => {
        if (valid(id) !== undefined) return false
        once.set(id, { sealed, expiresAt })
        return true
      },
      read: async (id) => valid(id),
      take: async (id) => {
        const sealed = valid(id)
        once.delete(id)
        return sealed
      }
    }
  }
}

/** The smallest coordination there is: the queues of one process. */
const memoryCoordination = () => {
  const pools = new Map()
  const serve = (name, hung) => {
    const pool = pools.get(name)
    while (pool.queue.length > 0 && pool.inUse < pool.limit) {
      const ahead = pool.queue.findIndex(({ request }) => request.ahead)
      const [{ grant, request }] = pool.queue.splice(Math.max(ahead, 0), 1)
      if (request.wanted?.(hung) ?? true) grant()
    }
    if (pool.inUse === 0 && pool.queue.length === 0) pools.delete(name)
  }
  const take = (name) => {
    const pool = pools.get(name)
    let held = true
    pool.inUse += 1
    return {
      release: (hung = false) => {
        if (!held) return
        held = false
        pool.inUse -= 1
        serve(name, hung)
      }
    }
  }
  return {
    acquire: (name, request, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const pool = pools.get(name) ?? { inUse: 0, queue: [] }
        pools.set(name, pool)
        pool.limit = request.limit
        if (pool.queue.length === 0 && pool.inUse < pool.limit) return resolve(take(name))
        if (pool.queue.length === 0) request.onSaturated?.()
        const waiting = { request, grant: () => resolve(take(name)) }
        pool.queue.push(waiting)
        signal.addEventListener("abort", () => {
          pool.queue = pool.queue.filter((other) => other !== waiting)
          reject(signal.reason)
        })
        serve(name, false)
      }),
    state: async (name) => {
      const { inUse = 0, limit = 0, queue = [] } = pools.get(name) ?? {}
      return { limit, inUse, waiting: queue.length }
    }
  }
}

exports.cases = ({ core, describe, it, sandbox: { startSandbox }, testing: { coordinationSuite, storeSuite } }) => {
  describe("a service with an injected client", () => {
    it("has what the client fetches", async () => {
      const books = { fetch: async () => Response.json({ $items: [{ displayed_as: "Harbour Ltd" }] }) }
      assert.equal((await new Contacts(books).names()).join(), "Harbour Ltd")
    })

    it("works on a client of the sandbox, through a consent, a renewal and a disconnection", async () => {
      const sandbox = await startSandbox({ clock: "manual" })
      const sage = core.createSageAuth({
        connections: sandbox.connections(),
        clock: sandbox.clock,
        store: memoryStore(core),
        keys: [core.generateKey()]
      })
      try {
        const books = sage.client("books")
        const { cookie, url } = await books.authorize({ returnTo: "/" })
        await sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
        assert.ok((await new Contacts(books).names()).length > 0)
        await sandbox.clock.advance("6 minutes")
        assert.ok((await new Contacts(books).names()).length > 0)
        assert.equal(sandbox.requests({ surface: "business-cloud", step: "token" }).length, 2)
        await books.disconnect()
        const thrown = await new Contacts(books).names().catch((error) => error)
        assert.ok(core.isSageAuthError(thrown))
        assert.ok(thrown instanceof core.SageAuthError)
        assert.equal(thrown.reason._tag, "ReauthorizationRequired")
      } finally {
        await sage.close()
        await sandbox.stop()
      }
    })

    it("logs in to Intacct's XML API and reads records by either reader", async () => {
      const sandbox = await startSandbox()
      const sage = core.createSageAuth({ connections: sandbox.connections() })
      try {
        const read = { readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 10 } }
        const [vendors] = await sage.client("ledger").execute([read])
        assert.equal((await vendors.records()).length, 10)
        assert.equal((await vendors.parse()).vendor.length, 10)
        assert.ok(core.x3.lintNodelocal("exports.config = {}").findings.length > 0)
      } finally {
        await sage.close()
        await sandbox.stop()
      }
    })
  })

  const kept = memoryStore(core)
  storeSuite({ name: "in memory", open: () => kept, durable: false, describe, it })

  const pools = memoryCoordination()
  coordinationSuite({ name: "in memory", open: () => pools, shared: true, describe, it })
}
