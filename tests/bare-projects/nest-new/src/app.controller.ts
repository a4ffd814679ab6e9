import { Controller, Get, UseGuards } from "@nestjs/common"
import type { BusinessCloudClient } from "@sage-auth/core"
import { RequiresSage, SageClient, SageConnectedGuard } from "@sage-auth/nest"
import { VendorsService } from "./vendors.service"

@Controller()
export class AppController {
  constructor(private readonly service: VendorsService) {}

  @Get("vendors")
  vendors(): Promise<string[]> {
    return this.service.names()
  }

  @Get("contacts")
  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  async contacts(@SageClient("books") books: BusinessCloudClient): Promise<unknown> {
    return (await books.fetch("contacts")).json()
  }
}
