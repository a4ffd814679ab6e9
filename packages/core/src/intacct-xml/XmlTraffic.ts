import * as Effect from "effect/Effect"
import type { Application } from "../application/Application.ts"
import type { Hosts } from "../config/hosts.ts"
import type { Place } from "../errors/SageAuthError.ts"
import { countTransactions } from "../traffic/MeterEntry.ts"
import { type MeterRules, rulesOf } from "../traffic/Meter.ts"
import type { PermitRequest } from "../traffic/CoordinationPort.ts"
import { defaultPermits, permitsOfTier } from "../traffic/Pool.ts"
import { permitRequest, type Traffic } from "../calls/Admission.ts"
import { isLimited, retryingRequest } from "../traffic/retrying.ts"
import * as Transport from "../transport/Transport.ts"
import { fetchTrusting } from "../transport/tls.ts"
import type { ExchangeFailure, Gateway } from "./Exchange.ts"
import { intacctHosts, type IntacctXmlConfiguration } from "./options.ts"

/**
 * What tells whose pool and meter a login counts against.
 *
 * @category models
 */
interface CompanyOfLogin {
  readonly companyId: string
  readonly clientId?: string | undefined
}

/**
 * The company that a login works in, case folded: two spellings of one company share one pool and one meter.
 *
 * **Details**
 *
 * A console user slides into a client company either by `clientId` or by packing both into the company id, as
 * `console|client|entity`; the client company is the one that counts. Two parts are `company|entity`, because empty
 * parts are left out when the form is packed.
 *
 * @see https://developer.intacct.com/web-services/requests/ Web Services, Requests
 */
export const companyOf = (login: CompanyOfLogin): string => {
  const parts = login.companyId.split("|").map((part) => part.trim())
  const packed = parts.length > 2 ? parts[1] : undefined
  return (login.clientId?.trim() || packed || parts[0] || "").toLowerCase()
}

/** Whose request it is. */
export interface XmlPlace extends Place {
  readonly surface: "intacct-xml"
  readonly connection: string
  readonly tenant: string
}

/** What every request of one connection goes through: its gateway, the company's pool and meter, and the retries. */
export class XmlTraffic {
  readonly application: Application
  readonly connection: string
  readonly configuration: IntacctXmlConfiguration
  /** where a session's endpoint may be */
  readonly hosts: Hosts
  readonly rules: MeterRules
  readonly #transport: Transport.Transport
  readonly #permits: number

  constructor(application: Application, connection: string, configuration: IntacctXmlConfiguration) {
    const { allowed, ca, environment, meter, permits, tier } = configuration
    this.application = application
    this.connection = connection
    this.configuration = configuration
    this.hosts = { environment, suffixes: intacctHosts, allowed }
    this.rules = rulesOf(meter, tier)
    const fetch = ca === undefined ? application.settings.fetch : fetchTrusting(ca)
    this.#transport = Transport.make(fetch, application.clock)
    this.#permits = permits ?? (tier === undefined ? defaultPermits : permitsOfTier[tier])
  }

  place(tenant: string): XmlPlace {
    return { surface: "intacct-xml", connection: this.connection, tenant }
  }

  gateway(place: XmlPlace): Gateway {
    return { transport: this.#transport, url: this.configuration.endpoint.href, place }
  }

  /** milliseconds that a caller of this connection waits unless it says otherwise */
  get deadline(): number {
    return this.configuration.deadline ?? this.application.settings.deadline
  }

  trafficOf(company: string): Traffic {
    return { pool: company, permits: this.permitsOf(company) }
  }

  /** how many requests of a company go out at a time */
  permitsOf(company: string): number {
    return Math.min(this.#permits, this.application.saidLimits.get(company) ?? this.#permits)
  }

  /**
   * runs a request of that company within its pool; a request for a session goes ahead of the calls that wait for it
   */
  withPermit(company: string, how: Partial<Pick<PermitRequest, "ahead" | "wanted">>) {
    const request = permitRequest(this.application, this.trafficOf(company), how)
    return this.application.coordination.withPermit(company, request)
  }

  /** counts billable transactions, and announces a threshold that this passed */
  count(company: string, transactions: number): void {
    countTransactions(this.application, company, transactions, this.rules)
  }

  /**
   * Tries again by the application's schedules. It does so after the server's limit always, since a request over it did
   * not run; after anything else that passes by itself if `mayRepeat` says that running twice does no harm. A
   * `Retry-After` of more than `longestWait` milliseconds is not waited for: it is what the call fails with.
   */
  retried(place: XmlPlace, mayRepeat: (lost: ExchangeFailure) => boolean, longestWait?: number) {
    return <A>(effect: Effect.Effect<A, ExchangeFailure>): Effect.Effect<A, ExchangeFailure> =>
      effect.pipe(
        Effect.tapError((lost) => Effect.sync(() => this.#noticeLimit(place, lost))),
        retryingRequest(this.application.settings.retry, (lost) => !lost.sessionDead && mayRepeat(lost), longestWait)
      )
  }

  #noticeLimit(place: XmlPlace, lost: ExchangeFailure): void {
    const { error } = lost
    if (error.reason._tag !== "RateLimited" || !isLimited(lost)) return
    this.application.publish({
      type: "rate-limited",
      ...place,
      at: this.application.now(),
      code: error.code,
      retryAfter: error.reason.retryAfter
    })
  }
}
