import { type DynamicModule, Module } from "@nestjs/common"
import { BridgeController } from "./bridge.controller.ts"
import { SENDER, type Sender } from "./other-xml-client.ts"

@Module({})
export class BridgeModule {
  static of(sender: Sender): DynamicModule {
    return {
      module: BridgeModule,
      controllers: [BridgeController],
      providers: [{ provide: SENDER, useValue: sender }]
    }
  }
}
