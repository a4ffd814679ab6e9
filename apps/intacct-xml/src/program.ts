import { createSageAuth, type intacctXml, type SageEvent, type XmlResult } from "@sage-auth/core"

/** What the program is given. */
export interface Surroundings {
  readonly connection: ReturnType<typeof intacctXml>
  readonly print: (line: string) => void
  /** ends every session of the company, as an administrator could; only the sandbox lets us do it */
  readonly endSessions?: (() => void) | undefined
}

const objects = ["VENDOR", "CUSTOMER", "ARINVOICE", "APBILL"]

const firstOf = (object: string, pagesize = 1) => ({
  readByQuery: { object, fields: "RECORDNO", query: "", pagesize }
})

/** How many records there are, whatever the page holds. */
const totalOf = ([result]: ReadonlyArray<XmlResult>): number => result?.totalcount ?? 0

const report = async (events: AsyncIterable<SageEvent>, print: (line: string) => void): Promise<void> => {
  for await (const event of events) {
    const why = event.type === "credential-renewed" ? ` (${event.cause})` : ""
    print(`  event: ${event.type}${why}`)
  }
}

/** One session, many calls, an entity and back, a session that dies in the middle, and the meter. */
export const program = async ({ connection, endSessions, print }: Surroundings): Promise<void> => {
  await using sage = createSageAuth({ connections: { ledger: connection } })
  const reported = report(sage.events(), print)
  const ledger = sage.client("ledger")

  // Nothing was opened yet: the first of these calls gets a session, and all of them share it.
  const totals = await Promise.all(objects.map(async (object) => totalOf(await ledger.execute([firstOf(object)]))))
  print(`one session: ${objects.map((object, index) => `${totals[index]} x ${object}`).join(", ")}`)

  // The same connection in an entity has a session of its own, made from the first one.
  const [found] = await ledger.execute([{ readByQuery: { object: "LOCATIONENTITY", fields: "LOCATIONID", query: "" } }])
  const [first] = (await found?.records<{ readonly LOCATIONID: string }>()) ?? []
  const entity = first?.LOCATIONID
  if (entity === undefined) {
    print("no entity: this company has none, or this user may not see them")
  } else {
    const within = totalOf(await ledger.entity(entity).execute([firstOf("VENDOR")]))
    const everywhere = totalOf(await ledger.execute([firstOf("VENDOR")]))
    print(`entity ${entity}: ${within} x VENDOR; back at top level: ${everywhere}`)
  }

  // A session that dies is replaced once, and what it refused is sent again. Callers do not notice.
  let answered = 0
  const calls = Array.from({ length: 40 }, async () => {
    await ledger.execute([firstOf("VENDOR", 100)])
    if (++answered === 10) endSessions?.()
  })
  await Promise.all(calls)
  print(
    `${answered} calls at once${endSessions === undefined ? "" : ", and the session died after ten of them"}: all answered`
  )

  const { allowance, month, projected, projectedOverage, used } = await ledger.meter()
  print(`meter: ${used} transactions in ${month} by this process, ${projected} projected of ${allowance} allowed,`)
  print(`  ${projectedOverage.toFixed(2)} USD beyond the allowance`)

  await sage.close()
  await reported
}
