import type { Effort } from "../effort.ts"
import type { Load } from "../load.ts"
import { quietCpu } from "../rounds.ts"
import { number, type Table } from "../table.ts"
import type { ApiCaller, CallerName } from "../workers/apiCaller.ts"
import type { CannedServer } from "../workers/cannedServer.ts"
import { type Worker, withWorkers } from "../worker.ts"

/** Who is measured, and what its row is called. */
const callers: ReadonlyArray<readonly [CallerName, string]> = [
  ["signal", "fetch that can be ended, with a timer"],
  ["badgateway", "@badgateway/oauth2-client"],
  ["business-cloud", "Business Cloud"],
  ["intacct-rest", "Intacct REST, with pool and meter"],
  ["intacct-rest-page", "the same, 5 kB"],
  ["x3-web-services", "X3 web services, with a pool"],
  ["intacct-xml", "execute, with pool and meter"],
  ["traced", "Intacct REST as an effect, with spans"]
]

/**
 * A turn is this part of another contender's: the shorter turns are, and the more of them, the less a figure depends on
 * what else the machine does meanwhile.
 */
const turnsInOne = 25

type Workers = ReadonlyMap<CallerName, Worker<ApiCaller>>

/** Microseconds of processor time for each call. */
interface Cost {
  readonly plain: number
  readonly over: number
}

const measure = async (
  workers: Workers,
  concurrency: number,
  effort: Effort
): Promise<ReadonlyMap<CallerName, Cost>> => {
  const loads = new Map([...workers.keys()].map((name) => [name, { own: Array<Load>(), plain: Array<Load>() }]))
  const { rounds, turns } = effort
  const options = { concurrency, turns, milliseconds: Math.ceil(effort.milliseconds / turnsInOne) }
  for (let round = 0; round < rounds; round++) {
    for (const [name, worker] of workers) {
      const { own, plain } = await worker.ask("load", options)
      loads.get(name)?.own.push(...own)
      loads.get(name)?.plain.push(...plain)
    }
  }
  return new Map(
    [...loads].map(([name, { own, plain }]) => {
      const spent = quietCpu(plain)
      return [name, { plain: spent, over: quietCpu(own) - spent }]
    })
  )
}

/** What an authorised call costs over a plain fetch of the same bytes, on each surface. */
export const authorizedCall = (effort: Effort): Promise<Table> =>
  withWorkers(async (start) => {
    const url = await start<CannedServer>("cannedServer").ask("start", undefined)
    const open = async (at: string | undefined): Promise<Workers> => {
      const workers = new Map(callers.map(([name]) => [name, start<ApiCaller>("apiCaller")]))
      for (const [name, worker] of workers) await worker.ask("open", { name, url: at, calls: effort.calls })
      return workers
    }
    const overNetwork = await open(url)
    const columns = [
      await measure(overNetwork, 1, effort),
      await measure(overNetwork, 32, effort),
      await measure(await open(undefined), 1, effort)
    ]
    return {
      title: "An authorised call over a plain fetch: microseconds of processor time for each call",
      header: ["", "fetch, 1 at a time", "over it", "fetch, 32 at a time", "over it", "in memory", "over it"],
      rows: callers.map(([name, label]) =>
        [label].concat(
          columns.flatMap((costs) => {
            const { over, plain } = costs.get(name) as Cost
            return [number(plain), number(over)]
          })
        )
      ),
      notes: [
        "Each row is a process of its own. In it, a plain fetch with the same header, or the same XML, and the authorised",
        `call take turns of ${Math.ceil(effort.milliseconds / turnsInOne)} ms, ${effort.rounds * effort.turns} each, after ${effort.calls.toLocaleString("en-US")} calls of both. A figure is the one that a tenth of`,
        "the turns did not exceed: what else the machine does only adds to it. Both read the answer as text.",
        "The credential is fresh and a permit is free, as they nearly always are. The answer says that it accepts.",
        "In memory: the fetch is a function in the same process, so that nothing but the caller's own work is left."
      ]
    }
  })
