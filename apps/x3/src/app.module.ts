import { type DynamicModule, Module } from "@nestjs/common"
import type { Connections } from "@sage-auth/core"
import { SageAuthModule } from "@sage-auth/nest"
import { CustomersModule } from "./customers/customers.module.ts"
import { DEPLOYMENT, type Deployment } from "./deployment/deployment.ts"
import { HealthModule } from "./health/health.module.ts"
import { HomeModule } from "./home/home.module.ts"
import { companyOf } from "./visitors/visitor.ts"
import { VisitorsModule } from "./visitors/visitors.module.ts"

/** Provides the deployment to every module. */
@Module({})
class DeploymentModule {}

/** The application over one X3. */
@Module({})
export class AppModule {
  static of(deployment: Deployment): DynamicModule {
    const { connections, grants }: { connections: Connections; grants: Deployment["grants"] } = deployment
    return {
      module: AppModule,
      imports: [
        {
          module: DeploymentModule,
          global: true,
          providers: [{ provide: DEPLOYMENT, useValue: deployment }],
          exports: [DEPLOYMENT]
        },
        SageAuthModule.forRoot({ ...grants, connections, tenant: (request) => companyOf(request)?.id }),
        VisitorsModule,
        CustomersModule,
        HealthModule,
        HomeModule
      ]
    }
  }
}
