import { Controller, Get, UseGuards } from "@nestjs/common"
import type { IntacctRestClient } from "@sage-auth/core"
import { RequiresSage, SageClient, SageConnectedGuard } from "@sage-auth/nest"
import { queryPage, textOf } from "../intacct/query.ts"
import { page, table } from "../page.ts"
import type { Company } from "../visitors/companies.ts"
import { SignedInGuard } from "../visitors/signed-in.guard.ts"
import { CurrentCompany } from "../visitors/visitor.ts"

const openBills = {
  object: "accounts-payable/bill",
  fields: ["id", "vendor.name", "dueDate", "totalTxnAmountDue", "currency.txnCurrency"],
  filters: [{ $gt: { totalTxnAmountDue: 0 } }],
  orderBy: [{ dueDate: "asc" as const }],
  size: 25
}

/** With the permissions of the human who consented. */
@Controller("payables")
@UseGuards(SignedInGuard, SageConnectedGuard)
@RequiresSage("payables")
export class PayablesController {
  /** The bills to pay next. Who has not consented yet is sent to consent, and comes back here. */
  @Get()
  async list(
    @CurrentCompany() { name }: Company,
    @SageClient("payables") payables: IntacctRestClient
  ): Promise<string> {
    const { rows } = await queryPage(payables, openBills)
    const bills = rows.map((row) => [
      textOf(row, "id"),
      textOf(row, "vendor.name"),
      textOf(row, "dueDate"),
      `${textOf(row, "totalTxnAmountDue")} ${textOf(row, "currency.txnCurrency")}`
    ])
    return page(`Bills of ${name}`, `<p><a href="/">Home</a></p>${table(["Bill", "Vendor", "Due", "Amount"], bills)}`)
  }
}
