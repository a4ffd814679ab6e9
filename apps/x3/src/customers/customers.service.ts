import { BadRequestException, Inject, Injectable, NotFoundException } from "@nestjs/common"
import { InjectSage, type RegisteredSage } from "@sage-auth/nest"
import { DEPLOYMENT, type Deployment } from "../deployment/deployment.ts"
import { type Credential, type Interface, waysOf } from "../ways.ts"
import type { Customers, Page } from "./Customer.ts"
import { GraphqlCustomers } from "./graphql-customers.ts"
import { RestCustomers } from "./rest-customers.ts"
import { SoapCustomers } from "./soap-customers.ts"

/** Reads the customers of a folder by any interface with any credential, as far as the deployment has them. */
@Injectable()
export class CustomersService {
  readonly #deployment: Deployment
  readonly #sage: RegisteredSage
  readonly #rest: RestCustomers
  readonly #soap: SoapCustomers
  readonly #graphql: GraphqlCustomers

  constructor(
    @Inject(DEPLOYMENT) deployment: Deployment,
    @InjectSage() sage: RegisteredSage,
    @Inject(RestCustomers) rest: RestCustomers,
    @Inject(SoapCustomers) soap: SoapCustomers,
    @Inject(GraphqlCustomers) graphql: GraphqlCustomers
  ) {
    this.#deployment = deployment
    this.#sage = sage
    this.#rest = rest
    this.#soap = soap
    this.#graphql = graphql
  }

  async read(tenant: string, by: Interface, as: Credential | undefined, page: Page): Promise<Customers> {
    const connection = this.#connectionOf(by, as)
    switch (connection) {
      case "basic":
      case "certificate":
      case "oauth2":
      case "oauth2Public":
      case "clientCredentials":
      case "token": {
        const client = this.#sage.client(connection, { tenant })
        return by === "soap" ? this.#soap.read(client, page) : this.#rest.read(client, page)
      }
      case "graphqlApp":
      case "graphqlBasic":
        return this.#graphql.read(this.#sage.client(connection, { tenant }), page)
      case "gateway":
        return this.#graphql.readByGateway(this.#sage.client(connection, { tenant }), page)
    }
  }

  /** the connection of a way; without a credential, the first one that is configured */
  #connectionOf(by: Interface, as: Credential | undefined) {
    const { connections, kind } = this.#deployment
    const configured = (name: string | undefined) => name !== undefined && Object.hasOwn(connections, name)
    const ways = waysOf(kind).filter((each) => each.by === by && (as === undefined || each.as === as))
    const way = ways.find(({ connection }) => configured(connection)) ?? ways.find(({ allowed }) => allowed) ?? ways[0]
    if (way?.connection === undefined) {
      throw new BadRequestException(`${by} with ${as ?? "any credential"} does not work ${kind}: ${way?.note ?? ""}`)
    }
    if (!configured(way.connection)) {
      throw new NotFoundException(`${way.as} is not configured: set ${way.variables?.join(", ")}`)
    }
    return way.connection
  }
}
