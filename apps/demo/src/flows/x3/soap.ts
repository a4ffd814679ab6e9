import { createSageAuth } from "@sage-auth/core"
import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { whileTimePasses } from "../intacct-xml/kit.ts"
import { failureOf } from "./kit.ts"

const objectKeys = { BPCNUM: "C0001" }
const total = '<PARAM><GRP ID="GRP1"><FLD NAME="BPCNUM">C0001</FLD></GRP></PARAM>'

/** The classic web services: published objects and subprograms, run in pools. */
export const soap: Flow = {
  name: "X3: SOAP",
  run: async ({ sandbox, settings, step }) => {
    const { pool } = sandbox.accounts["x3-web-services"]
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const erp = sage.client("erp")
    await step(
      "query",
      () => erp.soap({ pool, operation: "query", publicName: "WSBPC", listSize: 5 }),
      ({ result }) => {
        same("customers", (result as ReadonlyArray<unknown>).length, 5)
        return "5 customers, as JSON"
      }
    )
    await step(
      "read",
      () => erp.soap({ pool, operation: "read", publicName: "WSBPC", objectKeys }),
      ({ result, technicalInfos }) => {
        const [group] = Object.values(result as Record<string, { readonly BPCNAM: string }>)
        holds("it has a name", group?.BPCNAM !== undefined)
        return `${group.BPCNAM}; the pool says that it took ${technicalInfos["totalDuration"]} ms`
      }
    )
    await step(
      "run",
      () => erp.soap({ pool, operation: "run", publicName: "WSORDERS", xml: total }),
      ({ result }) => {
        const [group] = Object.values(result as Record<string, { readonly TOTAL: number }>)
        holds("there is a total", typeof group?.TOTAL === "number")
        return `the customer's orders come to ${group.TOTAL}`
      }
    )
    await step(
      "read what is not there",
      () => failureOf(erp.soap({ pool, operation: "read", publicName: "WSBPC", objectKeys: { BPCNUM: "NOBODY" } })),
      (error, requests) => {
        same("answer", requests[0]?.status, 200)
        same("id", error.id, "x3-web-services.soap-failed")
        return `HTTP 200 and status 0: ${error.reason._tag}, ${error.message}`
      }
    )
    await step(
      "the pool's alias in small letters",
      () => failureOf(erp.soap({ pool: pool.toLowerCase(), operation: "query", publicName: "WSBPC" })),
      (error, requests) => {
        same("requests", requests.length, 1)
        same("id", error.id, "x3-web-services.pool-unknown")
        return `${error.reason._tag} (${error.id}): not the credential`
      }
    )
    sandbox.x3.configure({ webServiceProcesses: 0 })
    try {
      await step(
        "a host without processes for web services, which is the default",
        () => failureOf(erp.soap({ pool, operation: "query", publicName: "WSBPC" })),
        (error, requests) => {
          same("requests", requests.length, 1)
          same("id", error.id, "x3-web-services.no-web-services")
          return `${error.id}: not tried again, since waiting does not help`
        }
      )
    } finally {
      sandbox.x3.configure({ webServiceProcesses: 1 })
    }
  }
}

/** Two applications share a channel. A call that waits too long is refused, and did not run. */
export const busyPool: Flow = {
  name: "X3: a full pool is waited for",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    const { pool } = sandbox.accounts["x3-web-services"]
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const erp = sage.client("erp")
    const save = (BPCNUM: string) =>
      erp.soap({
        pool,
        operation: "save",
        publicName: "WSBPC",
        xml: `<PARAM><FLD NAME="BPCNUM">${BPCNUM}</FLD><FLD NAME="BPCNAM">${BPCNUM}</FLD></PARAM>`,
        deadline: "5 minutes"
      })
    sandbox.x3.setPool(pool, { size: 1, queueTimeout: "1 second" })
    sandbox.x3.configure({ latency: "2 seconds" })
    try {
      await step(
        "two writes at once, one channel",
        () => whileTimePasses(stage, Promise.all([save("DEMO1"), save("DEMO2")]), 200),
        (results, requests) => {
          same(
            "results",
            results.map(({ status }) => status),
            [1, 1]
          )
          const refused = requests.filter(({ status }) => status === 500).length
          holds("one of them found no channel at first", refused >= 1)
          return `both done: one found no channel${refused === 1 ? "" : `, ${refused} times`}, and was sent again since it had not run`
        }
      )
    } finally {
      sandbox.x3.configure({ latency: 0 })
      sandbox.x3.setPool(pool, { size: 10, queueTimeout: "30 seconds" })
    }
  }
}
