import { createSageAuth, isSageAuthError } from "@sage-auth/core"
import { holds, rejectionOf, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { countOf, ledgerOf, readVendors, stepsOf, timesOf, watch, whileTimePasses } from "./kit.ts"

/** Intacct serves two connections of a company at a time, and refuses a call that waits too long. */
export const pool: Flow = {
  name: "200 calls at once, two at a time",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const events = watch(sage)
    const ledger = sage.client("ledger")
    // long enough for requests to meet at the server
    sandbox.intacct.configure({ latency: "100 millis" })
    const all = Promise.all(Array.from({ length: 200 }, () => ledger.execute([readVendors])))
    await step(
      "200 execute() at once, without a session",
      () => whileTimePasses(stage, all, 100).finally(() => sandbox.intacct.configure({ latency: 0 })),
      (all, requests) => {
        same("successes", all.filter(([result]) => result?.status === "success").length, 200)
        same("sessions opened", timesOf("getAPISession", requests), 1)
        const most = Math.max(...requests.map(({ concurrent }) => concurrent))
        same("most at once at the server", most, 2)
        return `200 answers, 1 session, never more than ${most} at once at the server`
      }
    )
    await step(
      "what the event stream says",
      () => events.first("pool-saturated"),
      (event) => {
        same("permits", event.permits, 2)
        return `${event.type}: ${event.company} has ${event.permits} permits`
      }
    )
  }
}

/** Somebody else uses the same company. */
export const rateLimited: Flow = {
  name: "GW-0010 is retried by schedule",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const events = watch(sage)
    const ledger = sage.client("ledger")
    await ledger.session()
    const headers = { "retry-after": "20" }
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "rate-limited", headers })
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "rate-limited-200" })
    const asked = sandbox.clock.now()
    await step(
      "execute, refused as 429 and then inside a 200",
      () => whileTimePasses(stage, ledger.execute([readVendors], { deadline: "5 minutes" }), 500),
      ([result], requests) => {
        same("requests", stepsOf(requests), ["getAPISession", "readByQuery", "readByQuery", "readByQuery"])
        same("status", result?.status, "success")
        const pause = (requests[2]?.startedAt ?? 0) - (requests[1]?.endedAt ?? 0)
        holds("the Retry-After of 20 s was obeyed", pause >= 20_000)
        return `success after ${((sandbox.clock.now() - asked) / 1000).toFixed(0)} s of the sandbox's clock, no second login`
      }
    )
    await step(
      "what the event stream says",
      () => events.first("rate-limited"),
      (event) => {
        same("code", event.code, "GW-0010")
        same("retryAfter", event.retryAfter, 20_000)
        return `${event.type}, ${event.code}, wait ${event.retryAfter} ms`
      }
    )
  }
}

/** The connection breaks after the work was done. */
export const lostAnswer: Flow = {
  name: "a lost answer is survived",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const ledger = sage.client("ledger")
    const howMany = async (id: string) =>
      countOf(
        await ledger.execute([{ readByQuery: { object: "VENDOR", fields: "VENDORID", query: `VENDORID = '${id}'` } }])
      )
    await ledger.session()

    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "truncate" })
    await step(
      "a read whose answer is cut off",
      () => whileTimePasses(stage, ledger.execute([readVendors]), 100),
      ([result], requests) => {
        same("requests", stepsOf(requests), ["getAPISession", "readByQuery", "readByQuery"])
        same("status", result?.status, "success")
        return "sent again, success"
      }
    )

    sandbox.fault("intacct-xml", { on: "create", kind: "drop-response" })
    await step(
      "a write whose answer is lost",
      () => rejectionOf(ledger.execute([{ create: { VENDOR: { VENDORID: "V-ONCE", NAME: "Sent Once Ltd" } } }])),
      (error, requests) => {
        same("requests", requests.length, 1)
        holds("it is a SageAuthError", isSageAuthError(error))
        same("id", error.id, "client.answer-lost")
        return `${error.reason._tag}, not sent again: it is unknown whether it was done`
      }
    )

    sandbox.fault("intacct-xml", { on: "create", kind: "drop-response" })
    const create = {
      "@controlid": "import-2026-11/V-UNIQUE",
      create: { VENDOR: { VENDORID: "V-UNIQUE", NAME: "Unique Ltd" } }
    }
    await step(
      "the same with uniqueid",
      () => whileTimePasses(stage, rejectionOf(ledger.execute([create], { uniqueid: true })), 100),
      (error, requests) => {
        same("requests", stepsOf(requests), ["create", "create"])
        holds("it is a SageAuthError", isSageAuthError(error))
        same("id", error.id, "intacct-xml.replay-refused")
        return `sent again; Intacct refused the second one, so the first was carried out (${error.id})`
      }
    )
    await step(
      "look for it",
      () => howMany("V-UNIQUE"),
      (count) => {
        same("vendors", count, 1)
        return "it is there, once"
      }
    )
  }
}

/** Schedules are values: an application may have its own. */
export const unavailable: Flow = {
  name: "a server that is away, one that hangs",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = createSageAuth({
      connections: { ledger: ledgerOf(stage) },
      ...settings,
      retry: {}
    })
    const ledger = sage.client("ledger")
    await ledger.session()
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "html-502", times: 2 })
    await step(
      "a proxy answers twice in Intacct's place",
      () => whileTimePasses(stage, ledger.execute([readVendors]), 100),
      ([result], requests) => {
        same(
          "answers",
          requests.slice(1).map(({ status }) => status),
          [502, 502, 200]
        )
        same("status", result?.status, "success")
        return "tried again after a pause, success"
      }
    )
    sandbox.fault("intacct-xml", { on: "readByQuery", kind: "hang" })
    await step(
      "a server that never answers, and a deadline of 10 seconds",
      () => whileTimePasses(stage, rejectionOf(ledger.execute([readVendors], { deadline: "10 seconds" })), 1000),
      (error, requests) => {
        same("requests", requests.length, 1)
        holds("it is a SageAuthError", isSageAuthError(error))
        same("reason", error.reason._tag, "DeadlineExceeded")
        return `${error.reason._tag} after 10 s of the sandbox's clock`
      }
    )
  }
}
