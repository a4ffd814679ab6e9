import { assert, it } from "vitest"
import { type Stormed, storm } from "./storm.ts"
import type { SharedPools } from "./task.ts"

/** What one storm differs in from one over another coordination. */
export interface StormSuite {
  /** where the pools of one test are; made while it runs */
  readonly pools: () => SharedPools
  /** what the meter may say where a process was killed */
  readonly afterKill: (stormed: Pick<Stormed, "billed" | "metered">) => void
}

const allServed = (processes: number) =>
  Array.from({ length: processes }, () => ({ served: 500, failures: [], limited: 0 }))

/** 2,000 calls of four processes at one Intacct company, over whatever coordination shares its pools. */
export const stormSuite = ({ afterKill, pools }: StormSuite): void => {
  it("never are more than two at once, meet no limit, count exactly, and leave no connection idle", async () => {
    const stormed = await storm({ calls: 500, latency: 50, compared: true }, pools())
    const { billed, metered, most, throughput = 0, told, used } = stormed
    assert.deepStrictEqual(told, allServed(4))
    assert.strictEqual(most, 2)
    assert.strictEqual(metered, 2_000)
    assert.strictEqual(billed, 2_000)
    console.log(
      `${(throughput * 100).toFixed(1)} % of the calls a second that one process makes with two connections of its own; in use ${(used * 100).toFixed(1)} % of the time`
    )
  })

  it("go on when one process is killed in the middle", async () => {
    const { most, told, ...counted } = await storm({ calls: 500, latency: 10, kill: true }, pools())
    assert.deepStrictEqual(told, allServed(3))
    assert.strictEqual(most, 2)
    afterKill(counted)
  })
}
