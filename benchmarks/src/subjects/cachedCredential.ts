import type { Effort } from "../effort.ts"
import { type Contender, interleaved } from "../rounds.ts"
import { number, type Table, times } from "../table.ts"
import type { Acquire, CachedCredentials } from "../workers/cachedCredentials.ts"
import { withWorkers } from "../worker.ts"

const kinds = ["floor", "kept", "made"] as const

const of100k = (bytesEach: number): string => `${number((bytesEach * 100_000) / 2 ** 20)} MiB`

/** How fast a credential that is in the cache is had, and how much memory it takes. */
export const cachedCredential = (effort: Effort): Promise<Table> =>
  withWorkers(async (start) => {
    const worker = start<CachedCredentials>("cachedCredentials", { flags: ["--expose-gc"] })
    const count = Math.max(...effort.tenants)
    const bytes = await worker.ask("open", { count })
    const rows: Array<ReadonlyArray<string>> = []
    for (const tenants of effort.tenants) {
      const contenders = kinds.map(
        (how): Contender<Acquire> => ({
          name: how,
          round: (milliseconds) => worker.ask("acquire", { how, tenants, milliseconds })
        })
      )
      const { floor, kept, made } = await interleaved(contenders, effort)
      rows.push([
        `${tenants.toLocaleString("en-US")} ${tenants === 1 ? "tenant" : "tenants, in strides"}`,
        number(kept.callsPerSecond / 1e6),
        number(made.callsPerSecond / 1e6),
        number(floor.callsPerSecond / 1e6),
        times(kept.callsPerSecond, floor.callsPerSecond)
      ])
    }
    return {
      title: "A cached credential: session() in million a second",
      header: ["", "client kept", "client made for the call", "await a settled promise", "kept : settled"],
      rows,
      notes: [
        `Heap for 100,000 cached sessions, each of a company of its own: ${of100k(bytes.session)}; for 100,000 clients that are kept: ${of100k(bytes.client)}`,
        `(measured with ${count.toLocaleString("en-US")}). The mark is 1 million a second at 20,000 tenants with kept clients.`
      ]
    }
  })
