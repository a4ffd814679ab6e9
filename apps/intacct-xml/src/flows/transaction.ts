import { type IntacctXmlClient, isSageAuthError } from "@sage-auth/core"
import { type Print, readFirst } from "../reading.ts"

/** All or nothing. Intacct marks every function of a failed transaction; the error says which one it was, and why. */
export const transaction = async (ledger: IntacctXmlClient, print: Print): Promise<void> => {
  // the second one fails. With a `create` in place of the first, nothing would have been created
  const functions = [readFirst("VENDOR"), readFirst("NO_SUCH_OBJECT"), readFirst("CUSTOMER")]
  try {
    await ledger.execute(functions, { transaction: true })
  } catch (error) {
    if (!isSageAuthError(error) || error.index === undefined) throw error
    print(`transaction: ${error.results?.map(({ status }) => status).join(", ")}`)
    print(`  because of functions[${error.index}], ${error.id}: ${error.message}`)
  }
}
