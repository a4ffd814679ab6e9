import type { Effort } from "../effort.ts"
import { interleaved } from "../rounds.ts"
import { number, type Table, times } from "../table.ts"
import type { NestServer, Within } from "../workers/nestServer.ts"
import type { WebClient } from "../workers/webClient.ts"
import { withWorkers } from "../worker.ts"

const arrangements: ReadonlyArray<readonly [Within, string]> = [
  ["nothing", "the route alone"],
  ["module", "with SageAuthModule"],
  ["own-client", "with a credential, by a client of its own"],
  ["injected-client", "with the same, by guard and injected client"]
]

const platforms = ["express", "fastify"] as const

/** What `@sage-auth/nest` adds to a request. */
export const nestOverhead = (effort: Effort): Promise<Table> =>
  withWorkers(async (start) => {
    const client = start<WebClient>("webClient")
    const rows: Array<ReadonlyArray<string>> = []
    for (const platform of platforms) {
      const contenders = await Promise.all(
        arrangements.map(async ([name]) => {
          const server = start<NestServer>("nestServer")
          const url = await server.ask("start", { within: name, platform })
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
      const figures = await interleaved<Within>(contenders, effort)
      const alone = figures.nothing
      for (const [name, title] of arrangements) {
        const { cpu, wall } = figures[name]
        rows.push([`${platform}: ${title}`, number(wall), times(wall, alone.wall), number(cpu), times(cpu, alone.cpu)])
      }
    }
    return {
      title: "NestJS with and without: microseconds for each request of one small route, 8 at a time",
      header: ["", "by the clock", "ratio", "processor of the server", "ratio"],
      rows,
      notes: [
        "The credential is in memory, as it nearly always is; nothing is sent to Sage.",
        "The third row is what a handler without the adapter does, so the fourth beside it is what guard and tenancy add."
      ]
    }
  })
