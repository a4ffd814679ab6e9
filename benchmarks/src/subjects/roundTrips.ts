import type { Effort } from "../effort.ts"
import { node20 } from "../node20.ts"
import { interleaved } from "../rounds.ts"
import { number, type Table, times } from "../table.ts"
import type { OfficialSdk } from "../workers/officialSdk.ts"
import type { OurClient } from "../workers/ourClient.ts"
import type { PlainFetch } from "../workers/plainFetch.ts"
import type { SandboxServer } from "../workers/sandboxServer.ts"
import { withWorkers } from "../worker.ts"

/** Round trips a second to the same gateway, by this library and by the official SDK. */
export const roundTrips = (effort: Effort): Promise<Table> =>
  withWorkers(async (start) => {
    const server = start<SandboxServer>("sandboxServer")
    const ours = start<OurClient>("ourClient")
    const sdk = start<OfficialSdk>("officialSdk", { node: node20 })
    const plain = start<PlainFetch>("plainFetch")
    const accounts = await server.ask("start", undefined)
    await ours.ask("open", { accounts, permits: 2 })
    await sdk.ask("open", accounts)
    const rows: Array<ReadonlyArray<string>> = []
    for (const pageSize of [1, 100]) {
      const request = await ours.ask("capture", { accounts, permits: 2, pageSize })
      for (const concurrency of [1, 2]) {
        const figures = await interleaved(
          [
            {
              name: "execute",
              round: (milliseconds) => ours.ask("load", { pageSize, parses: false, concurrency, milliseconds })
            },
            {
              name: "executeAndParse",
              round: (milliseconds) => ours.ask("load", { pageSize, parses: true, concurrency, milliseconds })
            },
            { name: "sdk", round: (milliseconds) => sdk.ask("load", { pageSize, concurrency, milliseconds }) },
            { name: "plain", round: (milliseconds) => plain.ask("load", { ...request, concurrency, milliseconds }) }
          ],
          effort
        )
        const { execute, executeAndParse, plain: floor, sdk: official } = figures
        rows.push([
          `${pageSize} ${pageSize === 1 ? "vendor" : "vendors"}, ${concurrency} at a time`,
          number(execute.callsPerSecond),
          number(executeAndParse.callsPerSecond),
          number(official.callsPerSecond),
          number(floor.callsPerSecond),
          times(execute.callsPerSecond, official.callsPerSecond),
          times(executeAndParse.callsPerSecond, official.callsPerSecond)
        ])
      }
    }
    return {
      title: "XML round trips a second: readByQuery on one sandbox without latency",
      header: [
        "",
        "execute",
        "execute + data()",
        "official SDK 2.2.1",
        "plain fetch",
        "execute : SDK",
        "with data() : SDK"
      ],
      rows,
      notes: [
        "The SDK always parses the records and opens a connection for each request, so data() is the like-for-like column.",
        "plain fetch sends the same bytes and reads text: what is left then is the sandbox, in every column."
      ]
    }
  })
