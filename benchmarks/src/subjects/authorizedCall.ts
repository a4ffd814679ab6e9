import type { Effort } from "../effort.ts"
import { type Figures, interleaved } from "../rounds.ts"
import { number, type Table } from "../table.ts"
import type { ApiCaller, CallerName } from "../workers/apiCaller.ts"
import type { CannedServer } from "../workers/cannedServer.ts"
import { withWorkers } from "../worker.ts"

/** Who is measured, what its row is called, and the fetch of the same bytes that it is measured against. */
const callers: ReadonlyArray<readonly [CallerName, string, CallerName]> = [
  ["fetch", "fetch + text(), JSON", "fetch"],
  ["badgateway", "@badgateway/oauth2-client", "fetch"],
  ["business-cloud", "Business Cloud", "fetch"],
  ["intacct-rest", "Intacct REST, with pool and meter", "fetch"],
  ["x3-web-services", "X3 web services, with a pool", "fetch"],
  ["traced", "Intacct REST as an effect, with spans", "fetch"],
  ["xml-fetch", "fetch + text(), XML", "xml-fetch"],
  ["intacct-xml", "execute, with pool and meter", "xml-fetch"]
]

/** What an authorised call costs over a plain fetch of the same bytes, on each surface. */
export const authorizedCall = (effort: Effort): Promise<Table> =>
  withWorkers(async (start) => {
    const server = start<CannedServer>("cannedServer")
    const url = await server.ask("start", undefined)
    const workers = new Map(callers.map(([name]) => [name, start<ApiCaller>("apiCaller")]))
    for (const [name, worker] of workers) await worker.ask("open", { name, url, calls: effort.calls })
    const atATime = [1, 32]
    const measured: Array<Record<CallerName, Figures>> = []
    for (const concurrency of atATime) {
      measured.push(
        await interleaved(
          [...workers].map(([name, worker]) => ({
            name,
            round: (milliseconds: number) => worker.ask("load", { concurrency, milliseconds })
          })),
          effort
        )
      )
    }
    return {
      title: "An authorised call over a plain fetch: microseconds of processor time for each call",
      header: ["", ...atATime.flatMap((concurrency) => [`${concurrency} at a time`, "over fetch"])],
      rows: callers.map(([name, label, plain]) =>
        [label].concat(
          measured.flatMap((figures) => [
            number(figures[name].leastCpu),
            name === plain ? "" : number(figures[name].leastCpu - figures[plain].leastCpu)
          ])
        )
      ),
      notes: [
        `Processor time of the caller's process after ${effort.calls.toLocaleString("en-US")} calls, the least of its rounds: what else`,
        "the machine does only adds to it.",
        "The credential is fresh and a permit is free, as they nearly always are. The answer says that it accepts.",
        "fetch + text() sends the same header, or the same XML, to the same server, and reads the answer as text."
      ]
    }
  })
