import * as Effect from "effect/Effect"
import { builtin } from "../config/builtin.ts"
import type { Application } from "../application/Application.ts"
import { isTenantFunction, type PerTenant } from "../config/options.ts"
import * as Result from "../config/Result.ts"
import { day } from "../config/duration.ts"
import { effectOf, resolve } from "../config/resolve.ts"
import type { Issue, Misconfigured, Surface } from "../errors/Reason.ts"
import { misconfigured, type SageAuthError } from "../errors/SageAuthError.ts"
import type { Fetch } from "../transport/Answer.ts"
import { openTls, type OpenTls, writtenAt } from "../transport/tls.ts"
import { trustedWith } from "../transport/secureContext.ts"
import type { CertificateOptions } from "./auth.ts"
import {
  type CertificateSource,
  checkCertificate,
  type CheckedCertificate,
  decodeCertificate,
  filesOf
} from "./credentialOptions.ts"

/** From how long before its end a certificate is announced, in milliseconds. */
const warningTime = 60 * day

/**
 * What another HTTP library needs to show the same certificate: options of `tls.connect`, `https.Agent` and undici's
 * `connect`. Plain values, so keep them out of logs. `ca` is there with a private authority only, and then holds the
 * platform's authorities too, whose place it takes.
 */
export type ClientTls = ({ readonly pfx: Buffer } | { readonly cert: string; readonly key: string }) & {
  readonly passphrase?: string
  readonly ca?: Array<string>
}

/**
 * A tenant's certificate in use. One object for as long as the tenant has a credential. What is replaced, by a file or
 * by what a function answers, is replaced within it.
 */
export interface ClientCertificate {
  /** shows the certificate; files that were replaced are read again by the next request */
  readonly fetch: Fetch
  /** the end of the certificate, in milliseconds since the epoch */
  readonly expiresAt: number
  /** when to ask a function again, in milliseconds since the epoch; `expiresAt` where there is none to ask */
  readonly renewAt: number
  /** SHA-256 of the certificate */
  readonly fingerprint: string
  /** the X3 login that it stands for */
  readonly commonName: string | undefined
  readonly tls: () => ClientTls
}

/** The certificates of one connection. */
export interface ClientCertificatesOptions {
  readonly surface: Surface
  readonly connection: string
  readonly auth: PerTenant<CertificateOptions>
  /** the tenant's place in memory: what is only remembered of a tenant leaves with it */
  readonly slot: (tenant: string) => object
  /** what the connection trusts besides, as PEM or the `file:` URL of a file with it */
  readonly ca: string | URL | undefined
}

interface Current {
  readonly checked: CheckedCertificate
  readonly open: OpenTls
  /** of the files that it was read from */
  readonly written: string | undefined
}

/** What a held certificate needs of its connection. */
interface Rules {
  readonly now: () => number
  readonly written: (source: CertificateSource) => string | undefined
  readonly load: (source: CertificateSource) => Result.Result<Current, ReadonlyArray<Issue>>
  readonly announceBroken: (tenant: string, issues: ReadonlyArray<Issue>) => void
}

/** One certificate, opened, and read again when its files change. */
class WatchedCertificate {
  readonly #rules: Rules
  #source: CertificateSource
  #current: Current
  /** when its function was asked; undefined: there is none */
  #askedAt: number | undefined
  /** the broken replacement that was announced */
  #announced: string | undefined

  constructor(rules: Rules, source: CertificateSource, current: Current, askedAt: number | undefined) {
    this.#rules = rules
    this.#source = source
    this.#current = current
    this.#askedAt = askedAt
  }

  get checked(): CheckedCertificate {
    return this.#current.checked
  }

  get renewAt(): number {
    const { expiresAt } = this.checked
    return this.#askedAt === undefined
      ? expiresAt
      : this.#askedAt + Math.min(day, Math.max(0, expiresAt - this.#askedAt) / 2)
  }

  get open(): OpenTls {
    return this.#current.open
  }

  /**
   * Reads files that were written again. What is broken is announced once, and what is open goes on until its own end;
   * fails after that.
   */
  look(tenant: string): Result.Result<void, ReadonlyArray<Issue>> {
    const ended = this.#rules.now() > this.checked.expiresAt
    const written = this.#rules.written(this.#source)
    const nothingNew = written === undefined || written === this.#current.written || written === this.#announced
    if (!ended && nothingNew) return Result.void
    return Result.match(this.#rules.load(this.#source), {
      onSuccess: (current) => Result.succeed(this.#take(current)),
      onFailure: (issues) => {
        if (ended) return Result.fail(issues)
        this.#announced = written
        this.#rules.announceBroken(tenant, issues)
        return Result.void
      }
    })
  }

  /** takes over what a function answered */
  replace(source: CertificateSource, current: Current, askedAt: number): void {
    this.#source = source
    this.#askedAt = askedAt
    this.#take(current)
  }

  #take(current: Current): void {
    const { checked, open } = this.#current
    // the same content keeps its connections
    const same = builtin("node:util").isDeepStrictEqual(checked.content, current.checked.content)
    if (!same) open.retire()
    this.#current = same ? { ...this.#current, written: current.written } : current
    this.#announced = undefined
  }
}

class TenantCertificate implements ClientCertificate {
  readonly fetch: Fetch
  // private, so that neither inspect nor JSON shows a key
  readonly #held: WatchedCertificate

  constructor(held: WatchedCertificate, fetch: Fetch) {
    this.#held = held
    this.fetch = fetch
  }

  static heldBy(certificate: ClientCertificate | undefined): WatchedCertificate | undefined {
    return certificate instanceof TenantCertificate ? certificate.#held : undefined
  }

  get expiresAt(): number {
    return this.#held.checked.expiresAt
  }

  get renewAt(): number {
    return this.#held.renewAt
  }

  get fingerprint(): string {
    return this.#held.checked.leaf.fingerprint256
  }

  get commonName(): string | undefined {
    return this.#held.checked.commonName
  }

  tls(): ClientTls {
    const { ca, identity } = this.#held.checked.content
    const trusted = trustedWith(ca)
    const { passphrase } = identity
    return {
      // a copy: what is in use must not be changed from outside
      ...("pfx" in identity ? { pfx: Buffer.from(identity.pfx) } : { cert: identity.cert, key: identity.key }),
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(trusted === undefined ? {} : { ca: trusted })
    }
  }
}

/**
 * The client certificates of one connection: read and checked, opened, read again when their files change, and
 * announced from 60 days before they end, once a day for each tenant.
 */
export class ClientCertificates {
  readonly #application: Application
  readonly #options: ClientCertificatesOptions
  readonly #rules: Rules
  /** the one certificate of all tenants, where no function is asked */
  #shared: WatchedCertificate | undefined
  /** when the coming end was last announced: by the tenant's slot */
  readonly #warned = new WeakMap<object, number>()

  constructor(application: Application, options: ClientCertificatesOptions) {
    this.#application = application
    this.#options = options
    const { now } = application
    const written = (source: CertificateSource) => {
      const { ca } = this.#options
      return writtenAt([...filesOf(source), ...(ca instanceof URL ? [ca] : [])])
    }
    this.#rules = {
      now,
      written,
      load: (source) => {
        // before the files are read: what is written meanwhile is seen the next time
        const before = written(source)
        const { ca, connection } = this.#options
        const authority = ca === undefined ? undefined : { ca, at: `connections.${connection}` }
        return Result.map(checkCertificate(source, this.#at, now(), authority), (checked) => ({
          checked,
          open: openTls(checked.content),
          written: before
        }))
      },
      announceBroken: (tenant, issues) =>
        application.publish({
          type: "renewal-failed",
          ...this.#place(tenant),
          at: now(),
          reason: "Misconfigured",
          code: undefined,
          covered: true,
          issues
        })
    }
  }

  /**
   * The certificate of a tenant, checked; `held` is the one of the credential that is renewed. Files that were replaced
   * by something broken leave what is held alone until its own end; what a function answers has to be right.
   */
  acquire(tenant: string, held?: ClientCertificate): Effect.Effect<ClientCertificate, SageAuthError<Misconfigured>> {
    const { auth } = this.#options
    const acquired = isTenantFunction(auth)
      ? this.#ask(auth, tenant, held)
      : Effect.suspend(() => this.#share(tenant, held))
    return acquired.pipe(
      Effect.tap((certificate) => Effect.sync(() => this.#warn(tenant, certificate.expiresAt))),
      Effect.mapError((issues) => misconfigured(issues, this.#place(tenant)))
    )
  }

  get #at(): string {
    return `connections.${this.#options.connection}.auth`
  }

  #place(tenant: string) {
    const { connection, surface } = this.#options
    return { surface, connection, tenant }
  }

  #share(tenant: string, held: ClientCertificate | undefined): Effect.Effect<ClientCertificate, ReadonlyArray<Issue>> {
    if (this.#shared !== undefined) {
      const looked = this.#shared.look(tenant)
      if (Result.isFailure(looked)) return Effect.fail(looked.failure)
      return Effect.succeed(held ?? this.#certificate(tenant, this.#shared))
    }
    return effectOf(
      Result.flatMap(decodeCertificate(this.#options.auth, this.#at), (source) =>
        Result.map(this.#rules.load(source), (current) => {
          this.#shared = new WatchedCertificate(this.#rules, source, current, undefined)
          return this.#certificate(tenant, this.#shared)
        })
      )
    )
  }

  #ask(
    auth: (tenant: string) => unknown,
    tenant: string,
    held: ClientCertificate | undefined
  ): Effect.Effect<ClientCertificate, ReadonlyArray<Issue>> {
    return Effect.flatMap(resolve(auth, tenant, decodeCertificate, this.#at), (source) =>
      Effect.map(
        Effect.suspend(() => effectOf(this.#rules.load(source))),
        (current) => {
          const askedAt = this.#application.now()
          const before = TenantCertificate.heldBy(held)
          if (held === undefined || before === undefined) {
            return this.#certificate(tenant, new WatchedCertificate(this.#rules, source, current, askedAt))
          }
          before.replace(source, current, askedAt)
          return held
        }
      )
    )
  }

  #certificate(tenant: string, held: WatchedCertificate): ClientCertificate {
    return new TenantCertificate(held, async (input, init) => {
      // what is broken and past its end is refused by the server, and by the next renewal
      held.look(tenant)
      this.#warn(tenant, held.checked.expiresAt)
      return held.open.fetch(input, init)
    })
  }

  #warn(tenant: string, expiresAt: number): void {
    const now = this.#application.now()
    if (now < expiresAt - warningTime) return
    const slot = this.#options.slot(tenant)
    const warned = this.#warned.get(slot)
    if (warned !== undefined && now - warned < day) return
    this.#warned.set(slot, now)
    const daysLeft = Math.floor((expiresAt - now) / day)
    this.#application.publish({ type: "certificate-expiring", ...this.#place(tenant), at: now, daysLeft })
  }
}
