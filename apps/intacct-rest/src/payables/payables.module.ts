import { Module } from "@nestjs/common"
import { PayablesController } from "./payables.controller.ts"

@Module({ controllers: [PayablesController] })
export class PayablesModule {}
