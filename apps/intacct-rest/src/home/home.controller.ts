import { Controller, Get, Inject, Req } from "@nestjs/common"
import type { Request } from "express"
import { CompanyStatusService } from "../status/company-status.service.ts"
import { signInPage } from "../visitors/sign-in.page.ts"
import { companyOf } from "../visitors/visitor.ts"
import { homePage } from "./home.page.ts"

@Controller()
export class HomeController {
  readonly #status: CompanyStatusService

  constructor(@Inject(CompanyStatusService) status: CompanyStatusService) {
    this.#status = status
  }

  @Get()
  async home(@Req() request: Request): Promise<string> {
    const company = companyOf(request)
    return company === undefined ? signInPage() : homePage(company, await this.#status.read())
  }
}
