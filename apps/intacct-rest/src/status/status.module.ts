import { Module } from "@nestjs/common"
import { CompanyStatusService } from "./company-status.service.ts"
import { StatusController } from "./status.controller.ts"

@Module({
  controllers: [StatusController],
  providers: [CompanyStatusService],
  exports: [CompanyStatusService]
})
export class StatusModule {}
