import { createSageAuth, isSageAuthError } from "@sage-auth/core"
import { holds, rejectionOf, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { countOf, ledgerOf, readVendors, stepsOf, watch } from "./kit.ts"

/** Accounts lock after a handful of bad sign-ins. */
export const wrongPassword: Flow = {
  name: "a wrong password is sent once",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    const right = sandbox.accounts["intacct-xml"].login
    // a function of the tenant, as with a vault: it is asked again at each renewal
    let password = "not-the-password"
    const connections = { ledger: ledgerOf(stage, { login: () => ({ ...right, password }) }) }
    await using sage = createSageAuth({ connections, ...settings })
    const events = watch(sage)
    const ledger = sage.client("ledger")
    await step(
      "execute",
      () => rejectionOf(ledger.execute([readVendors])),
      (error, requests) => {
        same("requests", requests.length, 1)
        holds("it is a SageAuthError", isSageAuthError(error))
        same("id", error.id, "intacct-xml.login-rejected")
        holds("the password is nowhere in it", !JSON.stringify([error, error.message, error.remedy]).includes(password))
        return `${error.reason._tag}: ${error.message}`
      }
    )
    await step(
      "20 more at once",
      () => Promise.all(Array.from({ length: 20 }, () => rejectionOf(ledger.execute([readVendors])))),
      (errors, requests) => {
        same("requests", requests.length, 0)
        for (const error of errors) {
          holds("it is a SageAuthError", isSageAuthError(error))
          same("id", error.id, "client.credential-blocked")
        }
        return "held back: nothing was sent, so no user is locked out"
      }
    )
    const rejected = await events.first("credential-rejected")
    same("what was rejected", rejected.what, "login")
    same("events about it", events.seen.filter(({ type }) => type === "credential-rejected").length, 1)
    await step(
      "status()",
      () => ledger.status(),
      ({ state }) => {
        same("state", state, "reauthorization-required")
        return `${state}; one event, however many calls`
      }
    )
    password = right.password
    await step(
      "the vault has the right one",
      async () => countOf(await ledger.execute([readVendors])),
      (count, requests) => {
        same("requests", stepsOf(requests), ["getAPISession", "readByQuery"])
        return `${count} vendors, without waiting: another password is sent at once`
      }
    )
  }
}

/** Licences of developers end once a year. */
export const licence: Flow = {
  name: "the developer licence ends",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    const { sender } = sandbox.accounts["intacct-xml"]
    const expires = new Date(sandbox.clock.now() + 30 * 86_400_000).toISOString().slice(0, 10)
    await using sage = createSageAuth({
      connections: { ledger: ledgerOf(stage, { sender: { ...sender, licenseExpires: expires } }) },
      ...settings
    })
    const events = watch(sage)
    const ledger = sage.client("ledger")
    await step(
      `a session with a licence until ${expires}`,
      async () => {
        await ledger.session()
        return events.first("license-expiring")
      },
      (event) => {
        same("daysLeft", event.daysLeft, 30)
        return `works, and an event: ${event.type}, ${event.daysLeft} days left`
      }
    )
    await sandbox.clock.advance("32 days")
    sandbox.intacct.setSenderPassword({ id: sender.id, password: "Sage ended the licence" })
    try {
      await step(
        "a call after the licence has ended",
        () => rejectionOf(ledger.execute([readVendors])),
        (error) => {
          holds("it is a SageAuthError", isSageAuthError(error))
          same("reason", error.reason._tag, "LicenseExpired")
          return `${error.reason._tag}: ${error.remedy}`
        }
      )
    } finally {
      sandbox.intacct.setSenderPassword(sender)
    }
  }
}

/** For scripts that make one call. */
export const loginPerRequest: Flow = {
  name: "a login with every request",
  run: async (stage) => {
    const { settings, step } = stage
    await using sage = createSageAuth({
      connections: { ledger: ledgerOf(stage, { authentication: "login" }) },
      ...settings
    })
    const events = watch(sage)
    const ledger = sage.client("ledger")
    await step(
      "three calls",
      async () => {
        for (let calls = 0; calls < 3; calls++) await ledger.execute([readVendors])
        return events.first("advice")
      },
      (advice, requests) => {
        same("requests", stepsOf(requests), ["readByQuery", "readByQuery", "readByQuery"])
        same(
          "authenticated by",
          requests.map(({ authentication }) => authentication),
          ["login", "login", "login"]
        )
        same("advice", advice.subject, "login-per-request")
        return `no session; an advice event: ${advice.subject}`
      }
    )
  }
}
