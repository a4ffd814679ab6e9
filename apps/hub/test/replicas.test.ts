import { randomUUID } from "node:crypto"
import { type CoordinationPort, generateKey } from "@sage-auth/core"
import { postgresCoordination, postgresStore } from "@sage-auth/postgres"
import { redisCoordination } from "@sage-auth/redis"
import { Redis } from "ioredis"
import { Client } from "pg"
import { assert, describe, inject, it, onTestFinished } from "vitest"
import type { Board } from "../src/Board.ts"
import { type Hub, openHub } from "../src/Hub.ts"
import { openSandbox } from "../src/World.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** the address of a PostgreSQL server; undefined: there is none, and tests that need one are skipped */
    readonly postgresUrl: string | undefined
    /** the same of a Redis server */
    readonly redisUrl: string | undefined
  }
}

const server = inject("postgresUrl")
const redis = inject("redisUrl")

const inPostgres = (schema: string) => postgresCoordination({ url: server, schema, connections: 2 })

/** two hubs over one schema of PostgreSQL, in front of one sandbox */
const openReplicas = async (coordinationIn: (schema: string) => CoordinationPort) => {
  const schema = `test_${randomUUID().replaceAll("-", "")}`
  const sandbox = await openSandbox()
  onTestFinished(async () => {
    await sandbox.stop()
    const client = new Client({ connectionString: server })
    await client.connect()
    await client.query(`drop schema if exists ${schema} cascade`)
    await client.end()
  })
  const [keys, origin] = [[generateKey()], "http://localhost:7400"]
  const open = async (): Promise<Hub> => {
    const at = { url: server, schema, connections: 2 }
    const hub = await openHub({
      shared: { sandbox, keys, origin, store: postgresStore(at), coordination: coordinationIn(schema) }
    })
    onTestFinished(() => hub.close())
    return hub
  }
  return { sandbox, one: await open(), other: await open() }
}

/** what a hub streams, one board and one line after the other, until something is found in it */
const streamed = async <A>(hub: Hub, event: "board" | "entry", find: (data: unknown) => A | undefined): Promise<A> => {
  const leaving = new AbortController()
  const { body } = await fetch(`${hub.url}/hub/stream`, { signal: leaving.signal })
  let text = ""
  try {
    for await (const piece of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += piece
      const parts = text.split("\n\n")
      text = parts.pop() ?? ""
      for (const part of parts) {
        if (!part.startsWith(`event: ${event}\n`)) continue
        const found = find(JSON.parse(part.slice(part.indexOf("data: ") + 6)))
        if (found !== undefined) return found
      }
    }
  } finally {
    leaving.abort()
  }
  return assert.fail("the stream ended")
}

const stateOf = (board: unknown, connection: string) =>
  (board as Board).tenants[0]?.connections.find((shown) => shown.connection === connection)?.state

describe.skipIf(server === undefined)("two hubs over one PostgreSQL", () => {
  it("have one grant, rotate it once, tell each other what happens, and show what they share", async () => {
    const { one, other, sandbox } = await openReplicas(inPostgres)
    // a consent that one begins, another completes
    const begun = await fetch(`${one.url}/sage/connect/books?tenant=acme`, { redirect: "manual" })
    const cookie = begun.headers
      .getSetCookie()
      .map((set) => set.split(";")[0])
      .join("; ")
    const callback = new URL(await sandbox.approve(begun.headers.get("location") ?? ""))
    const answer = await fetch(`${other.url}${callback.pathname}${callback.search}`, {
      headers: { cookie },
      redirect: "manual"
    })
    assert.include([302, 303], answer.status)
    await streamed(one, "board", (board) => (stateOf(board, "books") === "connected" ? true : undefined))
    // a token that has ended
    await sandbox.clock.advance("10 minutes")
    const calls = [one, other].flatMap(({ world }) =>
      Array.from({ length: 20 }, () => world.sage.client("books", { tenant: "acme" }).fetch("/contacts"))
    )
    const responses = await Promise.all(calls)
    assert.deepStrictEqual(new Set(responses.map(({ status }) => status)), new Set([200]))
    await Promise.all(responses.map((response) => response.arrayBuffer()))
    const refreshed = sandbox.requests({ surface: "business-cloud", step: "token" })
    assert.strictEqual(refreshed.filter(({ grantType }) => grantType === "refresh_token").length, 1)
    // what one does, the feed of the other says, as soon as it listens
    const heard = { it: false }
    const telling = streamed(one, "entry", (entry) => (JSON.stringify(entry).includes("ledger") ? true : undefined))
    telling.then(
      () => (heard.it = true),
      () => (heard.it = true)
    )
    while (!heard.it) await other.world.sage.client("ledger", { tenant: "acme" }).refresh()
    await telling
    const shown = await streamed(other, "board", (board) => (board as Board).sharing)
    assert.match(shown.store, /^the database sage_auth_tests at \S+, as \w+; processes that renew: \d$/)
    assert.match(shown.coordination, /^the database sage_auth_tests at \S+, as \w+; processes that call: \d$/)
    assert.deepStrictEqual(shown.leases, [])
  })
})

describe.skipIf(server === undefined || redis === undefined)("two hubs whose pools are in Redis", () => {
  it("show where it is, and how many processes call", async () => {
    const client = new Redis(redis ?? "")
    onTestFinished(() => client.disconnect())
    const ports: Array<CoordinationPort> = []
    const { one } = await openReplicas((schema) => {
      const port = redisCoordination({ client, prefix: `${schema}:` })
      ports.push(port)
      return port
    })
    const request = { limit: 2, ahead: false }
    const { signal } = new AbortController()
    const permits = await Promise.all(ports.map((port) => port.acquire("acme", request, signal)))
    const shown = await streamed(one, "board", (board) => (board as Board).sharing)
    for (const { release } of permits) release()
    assert.strictEqual(shown.coordination, `Redis at ${new URL(redis ?? "").host}; processes that call: 2`)
  })
})
