import { breakagesOf } from "./breakages.ts"
import { sendCall } from "./calls.ts"
import type { Clockwork } from "./Clockwork.ts"
import type { Traffic } from "./Traffic.ts"
import type { Watch } from "./Watch.ts"
import type { World } from "./World.ts"

/** What actions work on. */
export interface Stage {
  readonly world: World
  readonly clockwork: Clockwork
  readonly traffic: Traffic
  readonly watch: Watch
}

/** What a click asks for. */
export interface Asked {
  readonly action: string
  readonly tenant?: string | undefined
  readonly connection?: string | undefined
  readonly minutes?: number | undefined
  readonly on?: boolean | undefined
  readonly breakage?: string | undefined
}

/** An action that cannot be done, in words for the user who clicked. */
export class Impossible extends Error {}

const longestSkip = 40 * 24 * 60

const failed = (error: unknown): string => (error instanceof Error ? error.message : "for no known reason")

const spanOf = (minutes: number): string => {
  const [count, unit] = minutes % 1_440 === 0 ? [minutes / 1_440, "day"] : [minutes, "minute"]
  return `${count} ${unit}${count === 1 ? "" : "s"}`
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

/** Reads a click; anything else than what this page sends is refused. */
export const readAsked = (body: unknown): Asked => {
  if (typeof body !== "object" || body === null) throw new Impossible("the body has to be a JSON object")
  const { action, breakage, connection, minutes, on, tenant } = body as Readonly<Record<string, unknown>>
  return {
    action: text(action) ?? "",
    tenant: text(tenant),
    connection: text(connection),
    minutes: typeof minutes === "number" ? minutes : undefined,
    on: typeof on === "boolean" ? on : undefined,
    breakage: text(breakage)
  }
}

/** Does what was clicked, and says in the feed what came of it. */
export const act = async ({ clockwork, traffic, watch, world }: Stage, asked: Asked): Promise<void> => {
  const { feed } = world
  switch (asked.action) {
    case "skip": {
      const { minutes = 0 } = asked
      if (!(minutes > 0 && minutes <= longestSkip))
        throw new Impossible("minutes has to be more than 0 and at most 57,600")
      feed.add("plain", undefined, `The clock moves ${spanOf(minutes)} forward`)
      return clockwork.skip(minutes * 60_000)
    }
    case "traffic":
      traffic.on = asked.on === true
      feed.add("plain", undefined, traffic.on ? "Every connection calls every other second" : "No more calls")
      return
    case "repair":
      world.faults.clear()
      feed.add("good", undefined, "Every server works again")
      for (const each of await watch.dead()) feed.add("doubt", each, "No server can repair a dead grant: connect again")
      return
  }
  const tenant = world.tenants.find(({ id }) => id === asked.tenant)
  const connection = world.names.find((name) => name === asked.connection)
  if (tenant === undefined || connection === undefined) throw new Impossible("no such tenant or connection")
  const who = `${tenant.id} / ${connection}`
  const client = world.clientOf(connection, tenant.id)
  switch (asked.action) {
    case "call":
      if (await sendCall(world, connection, tenant.id)) world.started.called = true
      return
    case "refresh":
      try {
        await client.refresh()
        feed.add("good", who, "Refreshed")
      } catch (error) {
        feed.add("bad", who, `Refresh failed: ${failed(error)}`)
      }
      return
    case "disconnect":
      try {
        await client.disconnect()
      } catch (error) {
        feed.add("bad", who, `Disconnect failed: ${failed(error)}`)
      }
      return
    case "break": {
      const breakage = breakagesOf(connection).find(({ id }) => id === asked.breakage)
      if (breakage === undefined) throw new Impossible("no such breakage")
      feed.add("doubt", who, breakage.run(world, tenant, connection))
      return
    }
    default:
      throw new Impossible("no such action")
  }
}
