import { type DynamicModule, Module } from "@nestjs/common"
import type { IntacctConnections } from "../connections.ts"
import { PayablesController } from "./payables.controller.ts"
import { PublicPayablesController } from "./public-payables.controller.ts"

@Module({})
export class PayablesModule {
  static of({ publicPayables }: IntacctConnections): DynamicModule {
    return {
      module: PayablesModule,
      controllers: [PayablesController, ...(publicPayables === undefined ? [] : [PublicPayablesController])]
    }
  }
}
