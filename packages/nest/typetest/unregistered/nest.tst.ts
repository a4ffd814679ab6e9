import { Controller, Get, Injectable } from "@nestjs/common"
import type { BusinessCloudClient, IntacctXmlClient, SageClient as AnySageClient } from "@sage-auth/core"
import { InjectSageClient, type InjectedClientOf, RequiresSage, SageClient } from "@sage-auth/nest"
import { expect, test } from "tstyche"

test("without registration any name passes, and the declared type is the application's word", () => {
  @Injectable()
  class Service {
    @InjectSageClient("anything") readonly property!: BusinessCloudClient
    constructor(
      @InjectSageClient("books") readonly books: BusinessCloudClient,
      @InjectSageClient("ledger") readonly ledger: IntacctXmlClient
    ) {}
  }
  @Controller()
  class Routes {
    @Get()
    @RequiresSage("anything")
    list(@SageClient("anything") client: BusinessCloudClient) {
      return client.status()
    }
  }
  expect<Service>().type.toBe<Service>()
  expect<Routes>().type.toBe<Routes>()
  expect<InjectedClientOf<"anything">>().type.toBeAssignableTo<AnySageClient>()
})
