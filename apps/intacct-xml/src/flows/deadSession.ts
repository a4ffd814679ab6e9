import type { IntacctXmlClient } from "@sage-auth/core"
import { type Print, readFirst } from "../reading.ts"

/**
 * A session that dies is replaced once, and what it refused is sent again. Callers do not notice.
 *
 * @param endSessions ends every session of the company, as an administrator could; only the sandbox lets us do it
 */
export const deadSession = async (
  ledger: IntacctXmlClient,
  print: Print,
  endSessions: (() => void) | undefined
): Promise<void> => {
  let answered = 0
  const calls = Array.from({ length: 40 }, async () => {
    await ledger.execute([readFirst("VENDOR", 100)])
    if (++answered === 10) endSessions?.()
  })
  await Promise.all(calls)
  const died = endSessions === undefined ? "" : ", and the session died after ten of them"
  print(`${answered} calls at once${died}: all answered`)
}
