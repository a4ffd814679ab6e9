/** What these tests use of oidc-provider, which comes without types of its own. */
declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http"

  export interface Stored {
    readonly clientId: string
    readonly grantId: string
    readonly isExpired: boolean
    /** seconds since the epoch at which it was used up, where it can be */
    readonly consumed?: number | undefined
    destroy(): Promise<void>
  }

  export interface Model {
    find(token: string): Promise<Stored | undefined>
  }

  export class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    readonly AccessToken: Model
    readonly ClientCredentials: Model
    readonly RefreshToken: Model
    readonly Grant: Model
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
    on(event: string, listener: (...details: ReadonlyArray<never>) => void): void
  }
}
