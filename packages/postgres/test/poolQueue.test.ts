import { assert, describe, it } from "vitest"
import { PoolQueue, type Turn } from "../src/PoolQueue.ts"

interface Row {
  held: boolean
}

/** A database with one permit, which may forget what it was told. */
const databaseOf = () => {
  let rows = new Map<number, Row>()
  const turns: Array<Turn> = []
  const turn = async (asked: Turn) => {
    turns.push(asked)
    for (const ticket of asked.leaves) rows.delete(ticket)
    for (const [ticket] of asked.joins) if (!rows.has(ticket)) rows.set(ticket, { held: false })
    const free = Array.from(rows.values()).every(({ held }) => !held)
    const [next] = rows.values()
    if (free && next !== undefined) next.held = true
    const held = Array.from(rows).flatMap(([ticket, row]) => (row.held ? [String(ticket)] : []))
    return {
      held_tickets: held,
      held_hung: held.map(() => "false"),
      known: Array.from(rows.keys(), String),
      waited: "0"
    }
  }
  return {
    queue: new PoolQueue(turn, () => {}),
    turns,
    copy: () => new Map(Array.from(rows, ([ticket, row]) => [ticket, { ...row }] as const)),
    /** a crash: what was told since is forgotten */
    forget: (before: ReadonlyMap<number, Row>) => {
      rows = new Map(before)
    }
  }
}

const request = { limit: 1, ahead: false }
const refuse = (reason: unknown) => assert.fail(String(reason))

const turned = async (turns: ReadonlyArray<Turn>, count: number) => {
  while (turns.length < count) await new Promise(setImmediate)
}

describe("the queue of a pool, after a crash of the database", () => {
  it("gives back again what the database has forgotten to be given back, and asks again for who waits", async () => {
    const { copy, forget, queue, turns } = databaseOf()
    const first = await new Promise<{ release: () => void }>((resolve) => queue.join(1, request, resolve, refuse))
    const before = copy()
    const second = new Promise<{ release: () => void }>((resolve) => queue.join(2, request, resolve, refuse))
    await turned(turns, 2)
    // the permit came back, and went to the second at once: the crash forgets both, and that the second waits
    first.release()
    const permit = await second
    const third = new Promise<{ release: () => void }>((resolve) => queue.join(3, request, resolve, refuse))
    await turned(turns, 4)
    permit.release()
    forget(before)
    ;(await third).release()
    await turned(turns, turns.length + 1)
    assert.strictEqual(copy().size, 0)
  })

  it("asks no turn more where both know the same", async () => {
    const { queue, turns } = databaseOf()
    const permit = await new Promise<{ release: () => void }>((resolve) => queue.join(1, request, resolve, refuse))
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    assert.strictEqual(turns.length, 1)
    permit.release()
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    assert.strictEqual(turns.length, 2)
  })
})
