import { createSageAuth } from "@sage-auth/core"
import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { countOf, ledgerOf, stepsOf, watch } from "./kit.ts"

const readAll = { readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 1000 } } as const

/** One login, several entities. */
export const entitySwitch: Flow = {
  name: "switch to an entity and back",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const ledger = sage.client("ledger")
    const all = await step(
      "execute at top level",
      async () => countOf(await ledger.execute([readAll])),
      (count, requests) => {
        same("requests", stepsOf(requests), ["getAPISession", "readByQuery"])
        return `${count} vendors`
      }
    )
    const east = ledger.entity("E1")
    await step(
      'entity("E1").execute',
      async () => countOf(await east.execute([readAll])),
      (count, requests) => {
        same("requests", stepsOf(requests), ["getAPISession", "readByQuery"])
        same("the entity's session comes from", requests[0]?.authentication, "session")
        holds("an entity shows less", count > 0 && count < all)
        return `${count} vendors, by a session made from the first one`
      }
    )
    await step(
      "both again",
      async () => [await countOf(await ledger.execute([readAll])), await countOf(await east.execute([readAll]))],
      ([top], requests) => {
        same("requests", stepsOf(requests), ["readByQuery", "readByQuery"])
        same("vendors at top level", top, all)
        return "each keeps its own session"
      }
    )
    const { login } = sandbox.accounts["intacct-xml"]
    await using inEntity = createSageAuth({
      connections: { east: ledgerOf(stage, { login: { ...login, entityId: "E1" } }) },
      ...settings
    })
    await step(
      "a connection that signs in to E1, back to the top level: entity(null).execute",
      async () => countOf(await inEntity.client("east").entity(null).execute([readAll])),
      (count, requests) => {
        same("requests", stepsOf(requests), ["getAPISession", "getAPISession", "readByQuery"])
        same("vendors", count, all)
        return `${count} vendors, everything there is`
      }
    )
  }
}

/** A restricted user gets empty answers and no error. */
export const entityProbe: Flow = {
  name: "probe the entities",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    const { entities, restricted } = sandbox.accounts["intacct-xml"]
    const { entityId, ...login } = restricted
    await using sage = createSageAuth({ connections: { ledger: ledgerOf(stage, { login, entities }) }, ...settings })
    const events = watch(sage)
    await step(
      `probeEntities() as a user who may see ${entityId} alone`,
      () => sage.client("ledger").probeEntities(),
      (probes) => {
        const answering = probes.filter(({ outcome }) => outcome === "answers").map(({ entity }) => entity)
        same("entities that answer", answering, [entityId])
        return probes.map(({ entity, outcome }) => `${entity} ${outcome}`).join(", ")
      }
    )
    await step(
      "what the event stream says",
      () => events.first("advice"),
      (event) => {
        same("subject", event.subject, "entity-not-visible")
        return event.message
      }
    )
  }
}

/** An accountant's console, and one of its clients for each tenant of the application. */
export const slideIn: Flow = {
  name: "tenants, and a console that slides in",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    const { console: practice, login } = sandbox.accounts["intacct-xml"]
    const asked: Array<string> = []
    const connections = {
      ledger: ledgerOf(stage, {
        login: async (tenant) => {
          asked.push(tenant)
          return tenant === "acme" ? login : practice
        }
      })
    }
    await using sage = createSageAuth({ connections, ...settings })
    await step(
      "two tenants at once",
      () =>
        Promise.all(
          ["acme", "client-of-practice"].map((tenant) => sage.client("ledger", { tenant }).execute([readAll]))
        ),
      (_, requests) => {
        same("requests", requests.length, 4)
        same("the login was asked for", asked.toSorted(), ["acme", "client-of-practice"])
        return "a session for each; the login is a function of the tenant, asked once per session"
      }
    )
    await step(
      "whose meter counts",
      () => sage.client("ledger", { tenant: "client-of-practice" }).meter(),
      ({ company, used }) => {
        same("company", company, practice.clientId.toLowerCase())
        same("used", used, 1)
        return `${company}, the client's company, not the console's`
      }
    )
  }
}
