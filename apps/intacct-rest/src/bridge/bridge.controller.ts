import { Controller, Get, Inject, UseGuards } from "@nestjs/common"
import type { IntacctRestClient } from "@sage-auth/core"
import { SageClient } from "@sage-auth/nest"
import { readVendors } from "../vendors/vendor.ts"
import { SignedInGuard } from "../visitors/signed-in.guard.ts"
import { countCustomers, SENDER, type Sender } from "./other-xml-client.ts"

/** What came over the bridge, in each direction. */
export interface Crossed {
  readonly vendorsByXmlSession: number
  readonly customersByRestSession: number
}

/** Between Intacct's two APIs, both ways. */
@Controller("bridge")
@UseGuards(SignedInGuard)
export class BridgeController {
  readonly #sender: Sender

  constructor(@Inject(SENDER) sender: Sender) {
    this.#sender = sender
  }

  @Get()
  async cross(
    @SageClient("bridge") bridge: IntacctRestClient,
    @SageClient("vendors") vendors: IntacctRestClient
  ): Promise<Crossed> {
    // from XML to REST: the session of the connection `ledger` became a token
    const byXmlSession = await readVendors(bridge)
    // and from REST to XML: the token became a session, for a client of the XML API
    const session = await vendors.session()
    return {
      vendorsByXmlSession: byXmlSession.length,
      customersByRestSession: await countCustomers(session, this.#sender)
    }
  }
}
