import {
  Controller,
  DefaultValuePipe,
  Get,
  Inject,
  NotFoundException,
  ParseEnumPipe,
  Query,
  UseGuards
} from "@nestjs/common"
import type { IntacctRestClient } from "@sage-auth/core"
import { SageClient } from "@sage-auth/nest"
import type { Company } from "../visitors/companies.ts"
import { SignedInGuard } from "../visitors/signed-in.guard.ts"
import { CurrentCompany } from "../visitors/visitor.ts"
import { readVendors } from "./vendor.ts"
import { VendorLists } from "./vendor-lists.service.ts"
import { vendorsPage } from "./vendors.page.ts"

/**
 * How a request gets into an entity: it names it in a header, with the token of the top level; or it has a token of the
 * entity's own.
 */
const ways = { header: "header", token: "token" } as const

@Controller("vendors")
@UseGuards(SignedInGuard)
export class VendorsController {
  readonly #lists: VendorLists

  constructor(@Inject(VendorLists) lists: VendorLists) {
    this.#lists = lists
  }

  /** `GET /vendors`: what was read in the background. `GET /vendors?entity=E1&by=token`: those of an entity, now. */
  @Get()
  async list(
    @CurrentCompany() company: Company,
    @SageClient("vendors") client: IntacctRestClient,
    @Query("entity") wanted: unknown,
    @Query("by", new DefaultValuePipe("header"), new ParseEnumPipe(ways)) by: keyof typeof ways
  ): Promise<string> {
    const { entities, readAt, vendors } = await this.#lists.of(company)
    if (wanted === undefined) return vendorsPage({ title: `Vendors of ${company.name}`, vendors, readAt, entities })
    const entity = entities.find(({ id }) => id === wanted)
    if (entity === undefined) throw new NotFoundException(`${company.name} has no such entity`)
    return vendorsPage({
      title: `Vendors of ${company.name}, ${entity.name}`,
      vendors: await readVendors(client.entity(entity.id, { token: by === "token" })),
      readAt: new Date(),
      entities
    })
  }
}
