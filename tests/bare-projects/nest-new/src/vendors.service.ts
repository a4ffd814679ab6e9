import { Injectable } from "@nestjs/common"
import type { IntacctRestClient } from "@sage-auth/core"
import { InjectSageClient } from "@sage-auth/nest"

@Injectable()
export class VendorsService {
  constructor(@InjectSageClient("vendors") private readonly vendors: IntacctRestClient) {}

  async names(): Promise<string[]> {
    const response = await this.vendors.fetch("objects/accounts-payable/vendor")
    const page = (await response.json()) as { "ia::result": { id: string }[] }
    return page["ia::result"].map(({ id }) => id)
  }
}
