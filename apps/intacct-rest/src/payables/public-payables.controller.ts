import { Controller, Get, UseGuards } from "@nestjs/common"
import type { IntacctRestClient } from "@sage-auth/core"
import { RequiresSage, SageClient, SageConnectedGuard } from "@sage-auth/nest"
import type { Company } from "../visitors/companies.ts"
import { SignedInGuard } from "../visitors/signed-in.guard.ts"
import { CurrentCompany } from "../visitors/visitor.ts"
import { billsPage } from "./bills.page.ts"

/** The same bills by a client that has no secret. Only the connection differs. */
@Controller("public-payables")
@UseGuards(SignedInGuard, SageConnectedGuard)
@RequiresSage("publicPayables")
export class PublicPayablesController {
  @Get()
  list(@CurrentCompany() company: Company, @SageClient("publicPayables") payables: IntacctRestClient): Promise<string> {
    return billsPage(company, payables)
  }
}
