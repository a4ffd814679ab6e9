import type { Effort } from "../effort.ts"
import { interleaved } from "../rounds.ts"
import { number, type Table, times } from "../table.ts"
import type { Around, ExpressServer } from "../workers/expressServer.ts"
import type { WebClient } from "../workers/webClient.ts"
import { withWorkers } from "../worker.ts"

const arrangements: ReadonlyArray<readonly [Around, string]> = [
  ["nothing", "the route alone"],
  ["empty-middleware", "behind a middleware that does nothing"],
  ["middleware", "behind the middleware of sageAuth"],
  ["own-client", "with a credential, by a client of its own"],
  ["request-client", "with the same, by requires and req.sage"]
]

/** What `@sage-auth/express` adds to a request. */
export const expressOverhead = (effort: Effort): Promise<Table> =>
  withWorkers(async (start) => {
    const client = start<WebClient>("webClient")
    const contenders = await Promise.all(
      arrangements.map(async ([name]) => {
        const server = start<ExpressServer>("expressServer")
        const url = await server.ask("start", name)
        return {
          name,
          round: async (milliseconds: number) => {
            const before = await server.ask("processor", undefined)
            const done = await client.ask("load", { url, concurrency: 8, milliseconds })
            // of the server, which is what differs
            return { ...done, cpuMilliseconds: (await server.ask("processor", undefined)) - before }
          }
        }
      })
    )
    const figures = await interleaved<Around>(contenders, effort)
    const rows = arrangements.map(([name, title]) => {
      const alone = figures.nothing
      const { cpu, wall } = figures[name]
      return [title, number(wall), times(wall, alone.wall), number(cpu), times(cpu, alone.cpu)]
    })
    return {
      title: "Express with and without: microseconds for each request of one small route, 8 at a time",
      header: ["", "by the clock", "ratio", "processor of the server", "ratio"],
      rows,
      notes: [
        "The credential is in memory, as it nearly always is; nothing is sent to Sage.",
        "The fourth row is what a handler without the adapter does, so the fifth beside it is what the adapter adds."
      ]
    }
  })
