import { Controller, Get, UseGuards } from "@nestjs/common"
import type { IntacctRestClient } from "@sage-auth/core"
import { RequiresSage, SageClient, SageConnectedGuard } from "@sage-auth/nest"
import type { Company } from "../visitors/companies.ts"
import { SignedInGuard } from "../visitors/signed-in.guard.ts"
import { CurrentCompany } from "../visitors/visitor.ts"
import { billsPage } from "./bills.page.ts"

/** With the permissions of the human who consented. */
@Controller("payables")
@UseGuards(SignedInGuard, SageConnectedGuard)
@RequiresSage("payables")
export class PayablesController {
  /** Who has not consented yet is sent to consent, and comes back here. */
  @Get()
  list(@CurrentCompany() company: Company, @SageClient("payables") payables: IntacctRestClient): Promise<string> {
    return billsPage(company, payables)
  }
}
