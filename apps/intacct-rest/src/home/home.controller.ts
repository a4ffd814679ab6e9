import { Controller, Get, Inject, Req } from "@nestjs/common"
import { InjectSage, type RegisteredSage } from "@sage-auth/nest"
import type { Request } from "express"
import { CompanyStatusService } from "../status/company-status.service.ts"
import { signInPage } from "../visitors/sign-in.page.ts"
import { companyOf } from "../visitors/visitor.ts"
import { homePage } from "./home.page.ts"

@Controller()
export class HomeController {
  readonly #status: CompanyStatusService
  readonly #sage: RegisteredSage

  constructor(@Inject(CompanyStatusService) status: CompanyStatusService, @InjectSage() sage: RegisteredSage) {
    this.#status = status
    this.#sage = sage
  }

  @Get()
  async home(@Req() request: Request): Promise<string> {
    const company = companyOf(request)
    if (company === undefined) return signInPage()
    return homePage(company, await this.#status.read(), new Set(Object.keys(this.#sage.connections)))
  }
}
