import { Controller, Get, Inject, UseGuards } from "@nestjs/common"
import { SignedInGuard } from "../visitors/signed-in.guard.ts"
import { type CompanyStatus, CompanyStatusService } from "./company-status.service.ts"

@Controller("status")
@UseGuards(SignedInGuard)
export class StatusController {
  readonly #status: CompanyStatusService

  constructor(@Inject(CompanyStatusService) status: CompanyStatusService) {
    this.#status = status
  }

  @Get()
  status(): Promise<CompanyStatus> {
    return this.#status.read()
  }
}
