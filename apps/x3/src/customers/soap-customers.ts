import { BadGatewayException, BadRequestException, Inject, Injectable, NotFoundException } from "@nestjs/common"
import type { X3WebServicesClient } from "@sage-auth/core"
import { DEPLOYMENT, type Deployment } from "../deployment/deployment.ts"
import { type CustomerRecord, customerOf, type Customers, type Page } from "./Customer.ts"

/** Reads customers by SOAP. */
@Injectable()
export class SoapCustomers {
  readonly #deployment: Deployment

  constructor(@Inject(DEPLOYMENT) deployment: Deployment) {
    this.#deployment = deployment
  }

  async read(client: X3WebServicesClient, { after, limit }: Page): Promise<Customers> {
    if (after !== undefined) throw new BadRequestException("a SOAP query has no pages: ask for a higher limit")
    const { customerObject, pool } = this.#deployment.names
    if (pool === undefined || customerObject === undefined) {
      throw new NotFoundException("SOAP is not configured: set X3_POOL, X3_CUSTOMER_OBJECT")
    }
    // whatever is not status 1 is a SageAuthError, which the exception filter answers
    const { result } = await client.soap({ pool, operation: "query", publicName: customerObject, listSize: limit })
    if (!Array.isArray(result))
      throw new BadGatewayException(`X3 answered ${customerObject} with something else than a list`)
    return { customers: result.map((record: CustomerRecord) => customerOf(record)) }
  }
}
