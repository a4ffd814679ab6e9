import { type DynamicModule, Module } from "@nestjs/common"
import { SageAuthModule } from "@sage-auth/nest"
import { BridgeModule } from "./bridge/bridge.module.ts"
import type { Deployment } from "./deployment/deployment.ts"
import { HealthModule } from "./health/health.module.ts"
import { HomeModule } from "./home/home.module.ts"
import { PayablesModule } from "./payables/payables.module.ts"
import { StatusModule } from "./status/status.module.ts"
import { VendorsModule } from "./vendors/vendors.module.ts"
import { companyOf } from "./visitors/visitor.ts"
import { VisitorsModule } from "./visitors/visitors.module.ts"

@Module({})
export class AppModule {
  static of({ connections, grants, sender }: Deployment): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SageAuthModule.forRoot({ ...grants, connections, tenant: (request) => companyOf(request)?.id }),
        VisitorsModule,
        HomeModule,
        VendorsModule,
        PayablesModule.of(connections),
        ...(sender === undefined ? [] : [BridgeModule.of(sender)]),
        StatusModule,
        HealthModule
      ]
    }
  }
}
