import { Module } from "@nestjs/common"
import { VendorLists } from "./vendor-lists.service.ts"
import { VendorsController } from "./vendors.controller.ts"

@Module({ controllers: [VendorsController], providers: [VendorLists] })
export class VendorsModule {}
