import type { IntacctXmlClient } from "@sage-auth/core"
import { type Print, readFirst, totalOf } from "../reading.ts"

/** For a script that makes one call: `authentication: "login"` sends the login with it, and opens no session. */
export const loginPerRequest = async (script: IntacctXmlClient, print: Print): Promise<void> => {
  print(`login per request: ${totalOf(await script.execute([readFirst("VENDOR")]))} x VENDOR, without a session`)
}
