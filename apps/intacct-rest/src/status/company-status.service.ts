import { Injectable } from "@nestjs/common"
import type { IntacctRestClient, MeterReading, PoolReading, Status } from "@sage-auth/core"
import { InjectSageClient } from "@sage-auth/nest"

/** How a company's connections are doing. Nothing in it is secret. */
export interface CompanyStatus {
  readonly vendors: Status
  readonly payables: Status
  /** the connections to Intacct that the company's requests share */
  readonly pool: PoolReading
  /** its billable transactions of this month */
  readonly meter: MeterReading
}

/** Tells how the connections of the company are doing whose request it is. */
@Injectable()
export class CompanyStatusService {
  readonly #vendors: IntacctRestClient
  readonly #payables: IntacctRestClient

  constructor(
    @InjectSageClient("vendors") vendors: IntacctRestClient,
    @InjectSageClient("payables") payables: IntacctRestClient
  ) {
    this.#vendors = vendors
    this.#payables = payables
  }

  async read(): Promise<CompanyStatus> {
    const [vendors, payables, pool, meter] = await Promise.all([
      this.#vendors.status(),
      this.#payables.status(),
      this.#vendors.pool(),
      this.#vendors.meter()
    ])
    return { vendors, payables, pool, meter }
  }
}
