import type { IntacctXmlClient } from "@sage-auth/core"
import { type Print, readFirst, totalOf } from "../reading.ts"

const objects = ["VENDOR", "CUSTOMER", "ARINVOICE", "APBILL"]

/** One login for many calls: the first of them opens a session, and all of them share it. */
export const oneSession = async (ledger: IntacctXmlClient, print: Print): Promise<void> => {
  const totals = await Promise.all(objects.map(async (object) => totalOf(await ledger.execute([readFirst(object)]))))
  print(`one session: ${objects.map((object, index) => `${totals[index]} x ${object}`).join(", ")}`)
}
