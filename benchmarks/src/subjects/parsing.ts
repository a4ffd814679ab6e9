import { anyAccounts } from "../accounts.ts"
import { vendorsAnswer } from "../answers.ts"
import type { Effort } from "../effort.ts"
import { node20 } from "../node20.ts"
import { interleaved, median } from "../rounds.ts"
import { number, type Table, times } from "../table.ts"
import type { CannedServer } from "../workers/cannedServer.ts"
import type { OfficialSdk } from "../workers/officialSdk.ts"
import type { OurClient } from "../workers/ourClient.ts"
import type { PlainFetch } from "../workers/plainFetch.ts"
import { withWorkers } from "../worker.ts"

const vendors = 1_000

/** From an answer with many records to objects. */
export const parsing = (effort: Effort): Promise<Table> =>
  withWorkers(async (start) => {
    const server = start<CannedServer>("cannedServer")
    const ours = start<OurClient>("ourClient")
    const sdk = start<OfficialSdk>("officialSdk", { node: node20 })
    const plain = start<PlainFetch>("plainFetch")
    const accounts = anyAccounts(`${await server.ask("start", undefined)}/vendors/${vendors}`)
    await ours.ask("open", { accounts, permits: 2 })
    await sdk.ask("open", accounts)
    const pageSize = vendors
    const request = await ours.ask("capture", { accounts, permits: 2, pageSize })
    const concurrency = 1
    const figures = await interleaved(
      [
        { name: "plain", round: (milliseconds) => plain.ask("load", { ...request, concurrency, milliseconds }) },
        {
          name: "execute",
          round: (milliseconds) => ours.ask("load", { pageSize, parses: false, concurrency, milliseconds })
        },
        {
          name: "executeAndParse",
          round: (milliseconds) => ours.ask("load", { pageSize, parses: true, concurrency, milliseconds })
        },
        { name: "sdk", round: (milliseconds) => sdk.ask("load", { pageSize, concurrency, milliseconds }) }
      ],
      effort
    )
    const text = vendorsAnswer(vendors)
    const { answers } = effort
    const ourParse: Array<number> = []
    const sdkParse: Array<number> = []
    for (let round = 0; round < effort.rounds; round++) {
      ourParse.push(await ours.ask("parse", { answers, pageSize }))
      sdkParse.push(await sdk.ask("parse", { answers, text }))
    }
    const alone = { ours: median(ourParse), sdk: median(sdkParse) }
    const { execute, executeAndParse, plain: floor, sdk: official } = figures
    const row = (what: string, wall: number): ReadonlyArray<string> => [
      what,
      number(wall / 1_000),
      times(wall, official.wall)
    ]
    return {
      title: `An answer with ${vendors.toLocaleString("en-US")} vendors (${Math.round(text.length / 1024)} KiB), milliseconds each, one at a time`,
      header: ["", "ms", "of the SDK's"],
      rows: [
        row("round trip: plain fetch, text", floor.wall),
        row("round trip: execute (records not parsed)", execute.wall),
        row("round trip: execute + data()", executeAndParse.wall),
        row("round trip: official SDK 2.2.1 (always parses)", official.wall),
        ["alone: data()", number(alone.ours), times(alone.ours, alone.sdk)],
        ["alone: the SDK's OnlineResponse of the text", number(alone.sdk), times(1, 1)]
      ],
      notes: [
        "data() parses the records; the rest of the envelope was read by execute. OnlineResponse does both,",
        "so the round trips compare the same work, and the two last lines favour data() by what execute adds to a fetch."
      ]
    }
  })
