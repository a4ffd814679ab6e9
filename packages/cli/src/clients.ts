import type { Status, Surface, XmlFunction, XmlResult } from "@sage-auth/core"
import { Effect, Option } from "effect"
import { Application } from "./Application.ts"
import { exitStatus, Failure, failureOf } from "./Failure.ts"

/**
 * What the client of any connection may have. Which of it is there follows from the connection's surface and flow:
 * commands ask for a member by its name and say so where it is missing.
 */
export interface AnyClient {
  readonly connection: string
  readonly surface: Surface
  readonly tenant: string
  status(): Promise<Status>
  disconnect(options?: { readonly revoke?: boolean | undefined }): Promise<{ readonly revoked: boolean }>
  fetch?(path: string, init?: RequestInit): Promise<Response>
  relay?(
    document: string,
    options?: { readonly signal?: AbortSignal }
  ): Promise<{ readonly body: string; readonly contentType: string }>
  headers?(): Promise<Readonly<Record<string, string>>>
  refresh?(): Promise<void>
  authorize?(options: { readonly returnTo: string }): Promise<{ readonly url: string; readonly cookie: string }>
  execute?(functions: ReadonlyArray<XmlFunction>): Promise<ReadonlyArray<XmlResult>>
  /** what is listed, and at last its options; of GraphQL the variables stand in between */
  records?(...list: ReadonlyArray<unknown>): AsyncIterable<unknown>
  entity?(id: string | null): AnyClient
  business?(id: string): AnyClient
}

/**
 * The client of a connection and a tenant. A name that the configuration does not have is answered with those it has.
 */
export const clientOf = (name: string, tenant: Option.Option<string>): Effect.Effect<AnyClient, Failure, Application> =>
  Effect.gen(function* () {
    const { sage, source } = yield* (yield* Application).opened
    if (!Object.hasOwn(sage.connections, name)) {
      return yield* new Failure({
        message: `${source} has no connection of this name.`,
        remedy: `Its connections are: ${Object.keys(sage.connections).join(", ")}.`,
        status: exitStatus.usage
      })
    }
    return yield* Effect.try({
      try: () =>
        sage.client(name, Option.match(tenant, { onNone: () => ({}), onSome: (id) => ({ tenant: id }) })) as AnyClient,
      catch: failureOf
    })
  })

/** A member that not every client has, or a failure that says which connections have it. */
export const memberOf = <K extends keyof AnyClient>(
  client: AnyClient,
  member: K
): Effect.Effect<Exclude<AnyClient[K], undefined>, Failure> => {
  const found = client[member]
  if (typeof found === "function") return Effect.succeed(found.bind(client) as Exclude<AnyClient[K], undefined>)
  return Effect.fail(
    new Failure({
      message: `Connection ${client.connection} is ${client.surface}: it has no ${member}().`,
      remedy: "https://github.com/sage-auth/sage-auth/blob/main/docs/which-flow.md says what each surface offers.",
      status: exitStatus.usage
    })
  )
}
