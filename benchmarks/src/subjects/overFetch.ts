import { anyAccounts } from "../accounts.ts"
import type { Effort } from "../effort.ts"
import { interleaved } from "../rounds.ts"
import { number, type Table, times } from "../table.ts"
import type { CannedServer } from "../workers/cannedServer.ts"
import type { OurClient } from "../workers/ourClient.ts"
import type { PlainFetch } from "../workers/plainFetch.ts"
import { withWorkers } from "../worker.ts"

/** What an authorised call costs over a plain fetch of the same bytes. */
export const overFetch = (effort: Effort): Promise<Table> =>
  withWorkers(async (start) => {
    const server = start<CannedServer>("cannedServer")
    const ours = start<OurClient>("ourClient")
    const plain = start<PlainFetch>("plainFetch")
    const accounts = anyAccounts(`${await server.ask("start", undefined)}/vendors/1`)
    const pageSize = 1
    const permits = 100
    await ours.ask("open", { accounts, permits })
    const request = await ours.ask("capture", { accounts, permits, pageSize })
    const rows: Array<ReadonlyArray<string>> = []
    for (const concurrency of [1, 2, 32]) {
      const { execute, fetch } = await interleaved(
        [
          { name: "fetch", round: (milliseconds) => plain.ask("load", { ...request, concurrency, milliseconds }) },
          {
            name: "execute",
            round: (milliseconds) => ours.ask("load", { pageSize, parses: false, concurrency, milliseconds })
          }
        ],
        effort
      )
      rows.push(
        [
          `${concurrency} at a time, by the clock`,
          number(fetch.wall),
          number(execute.wall),
          number(execute.wall - fetch.wall),
          times(execute.wall, fetch.wall)
        ],
        [
          `${concurrency} at a time, processor`,
          number(fetch.cpu),
          number(execute.cpu),
          number(execute.cpu - fetch.cpu),
          times(execute.cpu, fetch.cpu)
        ]
      )
    }
    return {
      title:
        "An authorised call over a plain fetch: microseconds for each call, one vendor, a server that answers at once",
      header: ["", "fetch + text()", "execute", "difference", "ratio"],
      rows,
      notes: [
        "By the clock: elapsed time divided by calls, over all callers. Processor: time that the caller's process computed.",
        "execute adds: building and escaping the request, permit, meter, deadline, span, metric, reading the envelope."
      ]
    }
  })
