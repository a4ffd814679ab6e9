import type { Effort } from "../effort.ts"
import { inFreshProcess, inTurns } from "../fresh.ts"
import { median } from "../rounds.ts"
import { number, type Table, times } from "../table.ts"
import type { CannedServer } from "../workers/cannedServer.ts"
import { withWorkers } from "../worker.ts"

const contenders = ["fetch", "@sage-auth/core", "@badgateway/oauth2-client", "openid-client", "google-auth-library"]

/** From a process's start to its first authorised answer. */
export const coldStart = (effort: Effort): Promise<Table> =>
  withWorkers(async (start) => {
    const url = await start<CannedServer>("cannedServer").ask("start", undefined)
    const spent = await inTurns(contenders, effort.imports, (name) => inFreshProcess("coldStart", [name, url]))
    const own = median((spent.get("@sage-auth/core") ?? []).map(({ processor }) => processor))
    return {
      title: `From a process's start to the first authorised answer: milliseconds, of ${effort.imports} processes each`,
      header: ["", "processor, median", "least", "of @sage-auth/core", "by the clock, median"],
      rows: contenders.map((name) => {
        const turns = spent.get(name) ?? []
        const processor = turns.map((turn) => turn.processor)
        return [
          name,
          number(median(processor)),
          number(Math.min(...processor)),
          times(median(processor), own),
          number(median(turns.map(({ clock }) => clock)))
        ]
      }),
      notes: [
        "Node's own start is in it, no compile cache is. A token request and a call, both to a server on this machine.",
        "fetch is both of them by hand, with nothing imported. google-auth-library has a refresh token, the others client",
        "credentials: the same request to the server."
      ]
    }
  })
