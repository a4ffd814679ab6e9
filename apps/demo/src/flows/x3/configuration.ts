import { createSageAuth, x3 } from "@sage-auth/core"
import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { openApplication } from "../oauth/kit.ts"
import { customers, statusOf } from "./kit.ts"

const source = `exports.config = {
  session: {
    auth: ["Basic", "oauth2", "certificate"],
    timeout: 600
  }
}
`

/** The server's own configuration, read before anything is tried. */
export const nodelocal: Flow = {
  name: "X3: a bad nodelocal.js",
  run: async ({ step }) => {
    const report = await step(
      "lintNodelocal(source)",
      async () => x3.lintNodelocal(source),
      ({ findings }, requests) => {
        same("requests", requests.length, 0)
        const ids = new Set(findings.map(({ id }) => id))
        for (const id of ["nodelocal.auth-case", "nodelocal.oauth2-without-bearer"] as const) {
          holds(`${id} is found`, ids.has(id))
        }
        return `${findings.length} findings; the file was not run`
      }
    )
    for (const { column, id, line, remedy, severity } of report.findings) {
      await step(
        `line ${line}, column ${column}`,
        async () => id,
        () => `${severity} ${id}: ${remedy}`
      )
    }
    await step(
      "what it lets in",
      async () => report.waysIn,
      ({ basic, bearer, certificate }) => {
        same("bearer", bearer.answer, "disabled")
        return `basic: ${basic.answer}; certificate: ${certificate.answer}; bearer: ${bearer.answer}`
      }
    )
  }
}

/** Code that was written after a guide is tried against either reading. */
export const twoReadings: Flow = {
  name: "X3: as Sage's pages say, and as guides do",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using consented = openApplication(stage)
    const client = consented.client("erpSso")
    const { cookie, url } = await client.authorize({ returnTo: "/" })
    await consented.completeAuthorization({ url: await sandbox.approve(url), cookie })
    const headers = await client.headers()
    const token = String(headers["authorization"]).replace("Bearer ", "")
    const { onPremise } = sandbox.urls["x3-web-services"]
    const erp = x3.onPremise({ baseUrl: onPremise, auth: x3.bearer(() => token), environment: "sandbox" })
    const before = { auth: ["basic", "oauth2", "bearer", "certificate"] }
    const read = async (path: string): Promise<number> => {
      // an application of its own for each: what was rejected is not tried again
      await using sage = createSageAuth({ connections: { erp }, ...settings })
      return await statusOf(sage.client("erp"), path)
    }
    const short = "api1/x3/erp/SEED/BPCUSTOMER?$top=1"
    try {
      sandbox.x3.configure({ session: { auth: "oauth2" } })
      await step(
        'auth: "oauth2", as Sage\'s pages say',
        () => read(customers),
        (status) => {
          same("status", status, 401)
          return `${status}: "bearer" is mandatory beside it`
        }
      )
      sandbox.x3.configure({ reading: "card" })
      await step(
        'the same, reading: "card"',
        () => read(customers),
        (status) => {
          same("status", status, 200)
          return `${status}: "oauth2" alone is enough`
        }
      )
      await step(
        "without representation, and $top",
        () => read(short),
        (status) => {
          same("status", status, 200)
          return `${status}: taken as guides write it`
        }
      )
      sandbox.x3.configure({ reading: "documented", session: before })
      await step(
        "the same by Sage's pages",
        () => read(short),
        (status) => {
          same("status", status, 400)
          return `${status}: representation is mandatory`
        }
      )
    } finally {
      sandbox.x3.configure({ reading: "documented", session: before })
    }
  }
}
