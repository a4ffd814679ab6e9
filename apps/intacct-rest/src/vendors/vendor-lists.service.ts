import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from "@nestjs/common"
import { type IntacctRestClient, isSageAuthError } from "@sage-auth/core"
import { type InjectedSageClient, InjectSageClient } from "@sage-auth/nest"
import { companies, type Company } from "../visitors/companies.ts"
import { type Entity, readEntities, readVendors, type Vendor } from "./vendor.ts"

/** What is known of a company's vendors. */
export interface VendorList {
  readonly vendors: ReadonlyArray<Vendor>
  readonly entities: ReadonlyArray<Entity>
  readonly readAt: Date
}

const hour = 60 * 60_000

/** Reads every company's vendors in the background, at start and every hour, with or without visitors. */
@Injectable()
export class VendorLists implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #client: InjectedSageClient<IntacctRestClient>
  readonly #logger = new Logger(VendorLists.name)
  readonly #lists = new Map<Company["id"], VendorList>()
  readonly #reading = new Map<Company["id"], Promise<VendorList>>()
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(@InjectSageClient("vendors") client: InjectedSageClient<IntacctRestClient>) {
    this.#client = client
  }

  onApplicationBootstrap(): void {
    this.#readAll()
    this.#timer = setInterval(() => this.#readAll(), hour)
  }

  /** before the connections are closed */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer)
    this.#closing.abort()
    await Promise.allSettled(this.#reading.values())
  }

  /** What was read last; waits where nothing was read yet. */
  async of({ id }: Company): Promise<VendorList> {
    return this.#lists.get(id) ?? this.#read(id)
  }

  #readAll(): void {
    for (const { id } of companies) {
      this.#read(id).catch((error: unknown) => {
        if (this.#closing.signal.aborted) return
        // the list of an hour ago is better than none
        this.#logger.warn(`the vendors of ${id} could not be read: ${reasonOf(error)}`)
      })
    }
  }

  /** one at a time for each company, for however many visitors wait */
  #read(id: Company["id"]): Promise<VendorList> {
    const reading = this.#reading.get(id) ?? this.#ask(id).finally(() => this.#reading.delete(id))
    this.#reading.set(id, reading)
    return reading
  }

  async #ask(id: Company["id"]): Promise<VendorList> {
    // outside of any request there is no tenant: the client has to be told whose data it is
    const client = this.#client.forTenant(id)
    const [vendors, entities] = await Promise.all([
      readVendors(client, this.#closing.signal),
      readEntities(client, this.#closing.signal)
    ])
    const list = { vendors, entities, readAt: new Date() }
    this.#lists.set(id, list)
    return list
  }
}

const reasonOf = (error: unknown): string => {
  if (isSageAuthError(error)) return `${error.message}\n${error.remedy}`
  return error instanceof Error ? error.message : String(error)
}
