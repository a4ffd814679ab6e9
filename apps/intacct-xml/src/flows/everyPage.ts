import type { IntacctXmlClient } from "@sage-auth/core"
import type { Print } from "../reading.ts"

/** Every record of a list. A page is read when its first record is asked for: memory holds one page. */
export const everyPage = async (ledger: IntacctXmlClient, print: Print): Promise<void> => {
  const vendors = { readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 50 } }
  let [records, pages] = [0, 0]
  for await (const { VENDORID } of ledger.records(vendors, { onProgress: () => pages++ })) {
    if (VENDORID !== undefined) records++
  }
  print(`every page: ${records} x VENDOR on ${pages} pages`)
}
