import type { IntacctXmlClient } from "@sage-auth/core"
import { type Print, readFirst, totalOf } from "../reading.ts"

/** The same connection in an entity has a session of its own, made from the first one. */
export const entities = async (ledger: IntacctXmlClient, print: Print): Promise<void> => {
  const [found] = await ledger.execute([{ readByQuery: { object: "LOCATIONENTITY", fields: "LOCATIONID", query: "" } }])
  const [first] = (await found?.records<{ readonly LOCATIONID: string }>()) ?? []
  const entity = first?.LOCATIONID
  if (entity === undefined) return print("no entity: this company has none, or this user may not see them")
  const within = totalOf(await ledger.entity(entity).execute([readFirst("VENDOR")]))
  const everywhere = totalOf(await ledger.execute([readFirst("VENDOR")]))
  print(`entity ${entity}: ${within} x VENDOR; back at top level: ${everywhere}`)
}
