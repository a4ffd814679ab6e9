import {
  BadRequestException,
  Controller,
  DefaultValuePipe,
  Get,
  Inject,
  ParseEnumPipe,
  ParseIntPipe,
  Query,
  UseGuards
} from "@nestjs/common"
import { type Credential, credentials, type Interface, interfaces } from "../ways.ts"
import type { Company } from "../visitors/companies.ts"
import { SignedInGuard } from "../visitors/signed-in.guard.ts"
import { CurrentCompany } from "../visitors/visitor.ts"
import type { Customers } from "./Customer.ts"
import { CustomersService } from "./customers.service.ts"

const wordsOf = <Word extends string>(words: ReadonlyArray<Word>) =>
  Object.fromEntries(words.map((word) => [word, word])) as Record<Word, Word>

const mostCustomers = 100

@Controller("customers")
@UseGuards(SignedInGuard)
export class CustomersController {
  readonly #customers: CustomersService

  constructor(@Inject(CustomersService) customers: CustomersService) {
    this.#customers = customers
  }

  /** `GET /customers?by=rest&as=basic&limit=20&after=…` */
  @Get()
  async list(
    @CurrentCompany() company: Company,
    @Query("by", new DefaultValuePipe("rest"), new ParseEnumPipe(wordsOf(interfaces))) by: Interface,
    @Query("as", new ParseEnumPipe(wordsOf(credentials), { optional: true })) as: Credential | undefined,
    @Query("limit", new DefaultValuePipe(20), ParseIntPipe) limit: number,
    @Query("after") after: unknown
  ): Promise<Customers> {
    if (limit < 1 || limit > mostCustomers) throw new BadRequestException(`limit goes from 1 to ${mostCustomers}`)
    if (after !== undefined && typeof after !== "string") throw new BadRequestException("after may be there once")
    return this.#customers.read(company.id, by, as, { limit, after })
  }
}
