import { createSageAuth, type SageAuthError } from "@sage-auth/core"
import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { countOf, ledgerOf, pathOf, readVendors, stepsOf, timesOf, watch } from "./kit.ts"

const minute = 60_000

/** The first thing anybody does. */
export const openSession: Flow = {
  name: "open a session",
  run: async ({ sandbox, settings, step }) => {
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const ledger = sage.client("ledger")
    const first = await step(
      "session()",
      () => ledger.session(),
      ({ endpoint, expiresAt }, requests) => {
        same("requests", stepsOf(requests), ["getAPISession"])
        same("authenticated by", requests[0]?.authentication, "login")
        holds("the session has an endpoint of its own", pathOf(endpoint) !== requests[0]?.path)
        const minutes = Math.floor((expiresAt.getTime() - sandbox.clock.now()) / minute)
        same("minutes until it is renewed", minutes, 29)
        return `a session bound to ${pathOf(endpoint)}, used for ${minutes} minutes`
      }
    )
    await step(
      "session() again",
      () => ledger.session(),
      (second, requests) => {
        same("requests", requests.length, 0)
        same("the session", second.sessionId, first.sessionId)
        return "the same session, nothing sent"
      }
    )
    await step(
      "status()",
      () => ledger.status(),
      (status) => {
        same("state", status.state, "connected")
        holds("it holds no secret", !JSON.stringify(status).includes(first.sessionId))
        return `${status.state}, refreshable: ${status.refreshable}`
      }
    )
  }
}

/** What sessions are for. */
export const useSession: Flow = {
  name: "use it",
  run: async ({ sandbox, settings, step }) => {
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const ledger = sage.client("ledger")
    const results = await step(
      "execute(readByQuery)",
      () => ledger.execute([readVendors]),
      ([result], requests) => {
        same("requests", stepsOf(requests), ["getAPISession", "readByQuery"])
        same("authenticated by", requests[1]?.authentication, "session")
        same("status", result?.status, "success")
        return "opened a session and ran there, at the session's own endpoint"
      }
    )
    await step(
      "records()",
      () => countOf(results),
      (count) => {
        same("vendors", count, 100)
        return `${count} vendors, parsed when asked for`
      }
    )
    await step(
      "execute of three functions at once",
      () =>
        ledger.execute([
          { readByQuery: { object: "CUSTOMER", fields: "CUSTOMERID", query: "STATUS = 'active'", pagesize: 10 } },
          { readByName: { object: "VENDOR", keys: "V-00001", fields: "*" } },
          `<readByQuery><object>NOSUCHOBJECT</object><fields>*</fields><query/></readByQuery>`
        ]),
      (three, requests) => {
        same("requests", requests.length, 1)
        same(
          "results",
          three.map(({ status }) => status),
          ["success", "success", "failure"]
        )
        return `${three.map(({ status }) => status).join(", ")}; the third says: ${three[2]?.error?.message}`
      }
    )
  }
}

const byId = (where: string) => ({
  readByQuery: { object: "VENDOR", fields: "VENDORID", query: where, pagesize: 100 }
})

/** None, one and many come as one type: a list. */
export const readRecords: Flow = {
  name: "records: none, one and many",
  run: async ({ sandbox, settings, step }) => {
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const ledger = sage.client("ledger")
    for (const [called, where, expected] of [
      ["none", "VENDORID = 'V-NOBODY'", 0],
      ["one", "VENDORID = 'V-00001'", 1],
      ["many", "VENDORID like 'V-0000%'", 9]
    ] as const) {
      await step(
        `records() of a query that finds ${called}`,
        async () => (await ledger.execute([byId(where)]))[0]?.records(),
        (records) => {
          holds("it is a list", Array.isArray(records))
          same("records", records.length, expected)
          return `a list of ${records.length}${records.length === 1 ? `: ${JSON.stringify(records[0])}` : ""}`
        }
      )
    }
  }
}

/** Intacct marks every result as aborted; the caller hears which function it was, and why. */
export const failedTransaction: Flow = {
  name: "a failed transaction says why",
  run: async ({ sandbox, settings, step }) => {
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const ledger = sage.client("ledger")
    await step(
      "execute three functions in a transaction, the second of them wrong",
      () =>
        ledger
          .execute(
            [
              { create: { VENDOR: { VENDORID: "V-ROLLED-BACK", NAME: "Never Kept Ltd" } } },
              { create: { VENDOR: { VENDORID: "V-00001", NAME: "There Already Ltd" } } },
              byId("STATUS = 'active'")
            ],
            { transaction: true }
          )
          .then(
            () => undefined,
            (error: unknown) => error as SageAuthError
          ),
      (error, requests) => {
        same("requests", stepsOf(requests).length, 2)
        same("reason", error?.reason._tag, "FunctionFailed")
        same("error", error?.id, "intacct-xml.duplicate")
        same("the guilty function", error?.index, 1)
        same(
          "results",
          error?.results?.map(({ status }) => status),
          ["aborted", "aborted", "aborted"]
        )
        return `function ${error?.index}, ${error?.id}: ${error?.message}`
      }
    )
    await step(
      "look for what was rolled back",
      async () => countOf(await ledger.execute([byId("VENDORID = 'V-ROLLED-BACK'")])),
      (count) => {
        same("vendors", count, 0)
        return "it is not there"
      }
    )
  }
}

/** A session in use never ends; an idle one is replaced before it is used. */
export const slidingTimeout: Flow = {
  name: "a session's timeout slides",
  run: async ({ sandbox, settings, step }) => {
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const events = watch(sage)
    const ledger = sage.client("ledger")
    const { sessionId } = await ledger.session()
    await step(
      "a call every 20 minutes, for two hours",
      async () => {
        for (let calls = 0; calls < 6; calls++) {
          await sandbox.clock.advance("20 minutes")
          await ledger.execute([readVendors])
        }
        return ledger.session()
      },
      (session, requests) => {
        same("sessions opened", timesOf("getAPISession", requests), 1)
        same("the session", session.sessionId, sessionId)
        return "one session all the time: every answer moves its end"
      }
    )
    await step(
      "a call after 31 idle minutes",
      async () => {
        await sandbox.clock.advance("31 minutes")
        return ledger.execute([readVendors])
      },
      (_, requests) => {
        same("requests", stepsOf(requests), ["getAPISession", "readByQuery"])
        return "a new session first; the dead one was never tried"
      }
    )
    const renewed = await events.first("credential-renewed")
    same("cause", renewed.cause, "expired")
  }
}

/** For applications that want no first call to wait. */
export const keepAlive: Flow = {
  name: "keep a session alive",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    const connections = { ledger: ledgerOf(stage, { keepSessionAlive: true }) }
    await using sage = createSageAuth({ connections, ...settings })
    const events = watch(sage)
    const ledger = sage.client("ledger")
    await ledger.session()
    await step(
      "two idle hours",
      async () => {
        for (let minutes = 0; minutes < 120; minutes += 5) await sandbox.clock.advance("5 minutes")
        return events.first("credential-renewed")
      },
      (event, requests) => {
        same("cause", event.cause, "kept-alive")
        holds(
          "it was renewed in the background",
          requests.length >= 4 && timesOf("getAPISession", requests) === requests.length
        )
        const byLogin = requests.filter(({ authentication }) => authentication === "login").length
        same("logins", byLogin, 1)
        return `renewed ${requests.length - byLogin} times, each session from the one before, no login`
      }
    )
    await step(
      "a call then",
      () => ledger.execute([readVendors]),
      (_, requests) => {
        same("requests", stepsOf(requests), ["readByQuery"])
        return "answered at once"
      }
    )
  }
}

/** An administrator ends it, a limit of the company does, or Intacct loses it. */
export const deadSession: Flow = {
  name: "a session dies and is replaced",
  run: async ({ sandbox, settings, step }) => {
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const events = watch(sage)
    const ledger = sage.client("ledger")
    const { companyId } = sandbox.accounts["intacct-xml"].login
    await step(
      "60 calls, and every session of the company ends after the 20th answer",
      async () => {
        let answered = 0
        return Promise.all(
          Array.from({ length: 60 }, async () => {
            const results = await ledger.execute([readVendors])
            if (++answered === 20) sandbox.intacct.endSessions(companyId)
            return results
          })
        )
      },
      (all, requests) => {
        same("successes", all.filter(([result]) => result?.status === "success").length, 60)
        same("sessions opened", timesOf("getAPISession", requests), 2)
        return `60 answers, 2 sessions in all, ${requests.length - 62} calls sent twice`
      }
    )
    await step(
      "what the event stream says",
      () => events.first("credential-renewed"),
      (event) => {
        same("cause", event.cause, "rejected")
        return `${event.type}, cause: ${event.cause}`
      }
    )
  }
}
