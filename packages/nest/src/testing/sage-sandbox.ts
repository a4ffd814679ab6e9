import { Inject, Injectable, type OnApplicationShutdown } from "@nestjs/common"
import type { CompletedAuthorization, Connections, Interactive, Sage } from "@sage-auth/core"
import type { ApproveOptions, Sandbox } from "@sage-auth/sandbox"
import { SAGE } from "../tokens.ts"

/** @internal the sandbox of a test, started before the application's connections are opened */
export const SANDBOX: unique symbol = Symbol.for("@sage-auth/nest/Sandbox")

/** Whose consent it is, and what the human does on the pages. */
export interface ConsentOptions extends ApproveOptions {
  /** default `"default"` */
  readonly tenant?: string | undefined
}

/**
 * The sandbox behind a test's application, with its accounts, clock, faults and log of requests.
 *
 * @publicApi
 * @category testing
 */
@Injectable()
export class SageSandbox implements OnApplicationShutdown {
  /** the sandbox, whose clock is moved by hand */
  readonly sandbox: Sandbox<"manual">
  readonly #sage: Sage<Connections>

  constructor(@Inject(SANDBOX) sandbox: Sandbox<"manual">, @Inject(SAGE) sage: Sage<Connections>) {
    this.sandbox = sandbox
    this.#sage = sage
  }

  /** A whole consent, as a user of that tenant would give it in a browser. */
  async consent(connection: string, { tenant, ...options }: ConsentOptions = {}): Promise<CompletedAuthorization> {
    const client = this.#sage.client(connection, tenant === undefined ? {} : { tenant }) as Partial<Interactive>
    if (client.authorize === undefined) throw new TypeError(`no user has to consent to the connection ${connection}`)
    const { cookie, url } = await client.authorize({ returnTo: "/" })
    if (this.#sage.connections[connection]?.surface === "x3-gateway") {
      const { deny, folders, login } = options
      const { password, userId: user } = login ?? {}
      const as = user === undefined || password === undefined ? {} : { login: { user, password } }
      const { body, url: posted } = await this.sandbox.x3.pairingCallback(url, { deny, folders, ...as })
      return this.#sage.completeAuthorization({ url: posted, body, tenant })
    }
    return this.#sage.completeAuthorization({ url: await this.sandbox.approve(url, options), cookie, tenant })
  }

  /** @internal not before the connections are closed: renewals under way have their answers */
  async onApplicationShutdown(): Promise<void> {
    await this.#sage.close()
    await this.sandbox.stop()
  }
}
