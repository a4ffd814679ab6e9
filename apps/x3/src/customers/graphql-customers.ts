import { BadGatewayException, Inject, Injectable } from "@nestjs/common"
import type { GraphQLAnswer, X3GatewayClient, X3GraphQLClient } from "@sage-auth/core"
import { DEPLOYMENT, type Deployment } from "../deployment/deployment.ts"
import type { Customer, Customers, Page } from "./Customer.ts"

const query = `query Customers($first: Int, $after: String) {
  x3MasterData { customer { query(first: $first, after: $after) {
    edges { node { code name country } }
    pageInfo { endCursor hasNextPage }
  } } }
}`

interface Listing {
  readonly x3MasterData: {
    readonly customer: {
      readonly query: {
        readonly edges: ReadonlyArray<{ readonly node: Customer }>
        readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean }
      }
    }
  }
}

const variablesOf = ({ after, limit }: Page) => ({ first: limit, after })

const customersOf = ({ data, errors }: GraphQLAnswer<Listing>): Customers => {
  const { edges, pageInfo } = data.x3MasterData.customer.query
  return {
    customers: edges.map(({ node }) => node),
    after: pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined,
    problems: errors.length === 0 ? undefined : errors.map(({ message }) => message)
  }
}

/** Reads customers by GraphQL. */
@Injectable()
export class GraphqlCustomers {
  readonly #deployment: Deployment

  constructor(@Inject(DEPLOYMENT) deployment: Deployment) {
    this.#deployment = deployment
  }

  /** From the server itself. */
  async read(client: X3GraphQLClient, page: Page): Promise<Customers> {
    return customersOf(await client.query<Listing>(query, variablesOf(page)))
  }

  /** From the multi-tenant cloud, by its gateway. */
  async readByGateway(client: X3GatewayClient, page: Page): Promise<Customers> {
    const endpoint = encodeURIComponent(this.#deployment.names.graphqlEndpoint)
    const response = await client.fetch(`service/${endpoint}/api`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables: variablesOf(page) })
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw new BadGatewayException(`X3's gateway answered with HTTP ${response.status}`)
    }
    const answer = (await response.json()) as Partial<GraphQLAnswer<Listing | null>>
    if (answer.data == null) throw new BadGatewayException("X3 answered without data")
    return customersOf({ data: answer.data, errors: answer.errors ?? [] })
  }
}
