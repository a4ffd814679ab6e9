import { spawn } from "node:child_process"
import { once } from "node:events"
import path from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import type { SageAuthError } from "@sage-auth/core"
import { holds, rejectionOf, same } from "../../expect.ts"
import type { Flow, Stage } from "../../Flow.ts"
import { watch, whileTimePasses } from "../intacct-xml/kit.ts"
import type { HungOwner } from "./hungOwner.ts"
import { books, call, consent, openApplication, withStore } from "./kit.ts"

const program = fileURLToPath(new URL(`./hungOwner${path.extname(import.meta.url)}`, import.meta.url))

const startOwner = ({ sandbox }: Stage, shared: Pick<HungOwner, "keys" | "store">) => {
  const { clientId, clientSecret, redirectUri } = sandbox.accounts["business-cloud"].client
  const given: HungOwner = {
    books: { clientId, clientSecret, redirectUri, urls: sandbox.urls["business-cloud"] },
    ahead: sandbox.clock.now() - Date.now(),
    ...shared
  }
  return spawn(process.execPath, [...process.execArgv, program, JSON.stringify(given)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
}

/** A process that lives and does nothing holds a tenant: callers that wait hear which process it is. */
export const hungOwner: Flow = {
  name: "grant store: an owner that hangs is named",
  run: (stage) =>
    withStore(async (shared) => {
      const { sandbox, step } = stage
      await using sage = openApplication(stage, shared)
      const events = watch(sage)
      await consent(stage, sage, books)
      await events.first("connected")
      await sandbox.clock.advance("6 minutes")
      const owner = startOwner(stage, shared)
      try {
        const client = sage.client("books")
        await step(
          "another process hangs in the middle of a renewal; a call meanwhile",
          async () => {
            await once(owner.stdout, "data")
            // time stands still for no look of a busy process: it has an hour to see what one of seconds would do
            const refused = rejectionOf(call(sage, books, { deadline: "1 hour" }))
            await whileTimePasses(stage, events.first("renewal-stalled"), 100)
            return (await whileTimePasses(stage, refused, 60_000)) as SageAuthError
          },
          ({ id, message }) => {
            same("error", id, "client.lease-held")
            holds("it names the process", message.includes(String(owner.pid)))
            return message
          }
        )
        await step(
          "what the event stream and status() say",
          async () => {
            return { event: await events.first("renewal-stalled"), status: await client.status() }
          },
          ({ event, status }, requests) => {
            same("requests", requests.length, 0)
            same("process", event.processId, owner.pid)
            same("overtaken", event.overtaken, false)
            same("state", status.state, "stalled")
            return `${event.type}, once; status(): ${status.state}, held by process ${status.holder?.processId}`
          }
        )
        await step(
          "the process is ended; a call",
          async () => {
            owner.kill("SIGKILL")
            await once(owner, "exit")
            return whileTimePasses(stage, call(sage, books, { deadline: "1 hour" }), 100)
          },
          (status) => {
            same("status", status, 200)
            return `${status}: its renewal was taken over at once`
          }
        )
      } finally {
        owner.kill("SIGKILL")
      }
    })
}
