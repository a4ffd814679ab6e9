import { Module } from "@nestjs/common"
import { CustomersController } from "./customers.controller.ts"
import { CustomersService } from "./customers.service.ts"
import { GraphqlCustomers } from "./graphql-customers.ts"
import { RestCustomers } from "./rest-customers.ts"
import { SoapCustomers } from "./soap-customers.ts"

@Module({
  controllers: [CustomersController],
  providers: [CustomersService, RestCustomers, SoapCustomers, GraphqlCustomers]
})
export class CustomersModule {}
