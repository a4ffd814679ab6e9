import { BadGatewayException, BadRequestException, Inject, Injectable } from "@nestjs/common"
import type { X3WebServicesClient } from "@sage-auth/core"
import { DEPLOYMENT, type Deployment } from "../deployment/deployment.ts"
import { type CustomerRecord, customerOf, type Customers, type Page } from "./Customer.ts"

const representation = "BPCUSTOMER.$query"

interface Listing {
  readonly $resources: ReadonlyArray<CustomerRecord>
  readonly $links?: { readonly $next?: { readonly $url: string } }
}

/** Reads customers by REST. */
@Injectable()
export class RestCustomers {
  readonly #deployment: Deployment

  constructor(@Inject(DEPLOYMENT) deployment: Deployment) {
    this.#deployment = deployment
  }

  async read(client: X3WebServicesClient, { after, limit }: Page): Promise<Customers> {
    const endpoint = encodeURIComponent(this.#deployment.names.endpoint)
    const query = after === undefined ? new URLSearchParams({ representation, count: String(limit) }) : nextQuery(after)
    // what $diagnoses reports inside of a 200 is a SageAuthError, which the exception filter answers
    const response = await client.fetch(`api1/x3/erp/${endpoint}/BPCUSTOMER?${query.toString()}`)
    if (!response.ok) {
      await response.body?.cancel()
      throw new BadGatewayException(`X3 answered with HTTP ${response.status}`)
    }
    const { $links, $resources } = (await response.json()) as Listing
    const next = $links?.$next?.$url
    return { customers: $resources.map(customerOf), after: next === undefined ? undefined : cursorOf(next) }
  }
}

/** The query of X3's own link to the next page: what is in it is X3's business. */
const cursorOf = (link: string): string =>
  Buffer.from(new URL(link, "https://x3.invalid").searchParams.toString()).toString("base64url")

const nextQuery = (cursor: string): URLSearchParams => {
  const query = new URLSearchParams(Buffer.from(cursor, "base64url").toString("utf8"))
  // it came back from a browser: it leads to more customers and to nothing else
  if (query.getAll("representation").join() !== representation) {
    throw new BadRequestException("after has to be what the page before gave")
  }
  return query
}
