import { type Config, createSageAuth, type intacctXml, type SageEvent } from "@sage-auth/core"
import { deadSession } from "./flows/deadSession.ts"
import { entities } from "./flows/entities.ts"
import { everyPage } from "./flows/everyPage.ts"
import { handOver, type OtherSender, relay } from "./flows/handOver.ts"
import { loginPerRequest } from "./flows/loginPerRequest.ts"
import { oneSession } from "./flows/oneSession.ts"
import { slideIn } from "./flows/slideIn.ts"
import { transaction } from "./flows/transaction.ts"
import type { Print } from "./reading.ts"

type Connection = ReturnType<typeof intacctXml>

/** The connections of the program. */
export interface Ledgers {
  /** a company, by a session */
  readonly ledger: Connection
  /** the same company, by a login with each request */
  readonly script: Connection
  /** a console's client company */
  readonly practice?: Connection
}

/** What the program is given. */
export interface Surroundings {
  readonly connections: Ledgers
  readonly print: Print
  /** where the meter's count is kept, and what seals the store; default: memory */
  readonly kept?: Pick<Config<{ readonly ledger: Connection }>, "store" | "keys">
  /** for the client that the session is handed to */
  readonly sender?: OtherSender | undefined
  /** ends every session of the company, as an administrator could; only the sandbox lets us do it */
  readonly endSessions?: (() => void) | undefined
}

const report = async (events: AsyncIterable<SageEvent>, print: Print): Promise<void> => {
  for await (const event of events) {
    const why = event.type === "credential-renewed" ? ` (${event.cause})` : ""
    print(`  event: ${event.type}${why}`)
  }
}

/** Every flow of Intacct's XML API, one after the other. */
export const program = async (surroundings: Surroundings): Promise<void> => {
  const { connections, endSessions, kept, print, sender } = surroundings
  const { practice, ...own } = connections
  await using sage = createSageAuth({ ...kept, connections: { ...own, ...(practice && { practice }) } })
  const reported = report(sage.events(), print)
  const ledger = sage.client("ledger")

  // nothing was sent yet
  await oneSession(ledger, print)
  await everyPage(ledger, print)
  await entities(ledger, print)
  await transaction(ledger, print)
  await handOver(ledger, print, sender)
  await relay(ledger, print)
  await loginPerRequest(sage.client("script"), print)
  await slideIn(practice && sage.client("practice"), print)
  await deadSession(ledger, print, endSessions)

  const { allowance, month, projected, projectedOverage, used } = await ledger.meter()
  print(`meter: ${used} transactions in ${month}, ${projected} projected of ${allowance} allowed,`)
  print(`  ${projectedOverage.toFixed(2)} USD beyond the allowance`)

  await sage.close()
  await reported
}
