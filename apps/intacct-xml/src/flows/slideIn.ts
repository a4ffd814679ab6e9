import type { IntacctXmlClient } from "@sage-auth/core"
import { type Print, readFirst, totalOf } from "../reading.ts"

/**
 * A console's user works in a client company: `login: { companyId: "console", clientId: "client", … }`. Pool and meter
 * are those of the client company.
 */
export const slideIn = async (practice: IntacctXmlClient | undefined, print: Print): Promise<void> => {
  if (practice === undefined) return print("slide-in: left out, there is no console: set CONSOLE_…")
  const total = totalOf(await practice.execute([readFirst("VENDOR")]))
  const { company } = await practice.meter()
  print(`slide-in: ${total} x VENDOR of ${company}, which pays for it`)
}
