import type { IntacctRestClient } from "@sage-auth/core"
import { textOf } from "../intacct/record.ts"
import { page, table } from "../page.ts"
import type { Company } from "../visitors/companies.ts"

const openBills = {
  object: "accounts-payable/bill",
  fields: ["id", "vendor.name", "dueDate", "totalTxnAmountDue", "currency.txnCurrency"],
  filters: [{ $gt: { totalTxnAmountDue: 0 } }],
  orderBy: [{ dueDate: "asc" as const }]
}

const shown = 25

/** The bills to pay next. Leaving the loop reads nothing more. */
export const billsPage = async ({ name }: Company, client: IntacctRestClient): Promise<string> => {
  const bills: Array<ReadonlyArray<string>> = []
  for await (const bill of client.records(openBills, { pageSize: shown })) {
    bills.push([
      textOf(bill, "id"),
      textOf(bill, "vendor.name"),
      textOf(bill, "dueDate"),
      `${textOf(bill, "totalTxnAmountDue")} ${textOf(bill, "currency.txnCurrency")}`
    ])
    if (bills.length === shown) break
  }
  return page(`Bills of ${name}`, `<p><a href="/">Home</a></p>${table(["Bill", "Vendor", "Due", "Amount"], bills)}`)
}
