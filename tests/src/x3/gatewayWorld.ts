import {
  type CompletedAuthorization,
  createSageAuth,
  type Sage,
  type Settings,
  x3,
  type X3GatewayOptions
} from "@sage-auth/core"
import type { PairingCallback, Sandbox } from "@sage-auth/sandbox"
import { onTestFinished } from "vitest"
import { type RecordingFetch, recordingFetch } from "../oauth/recordingFetch.ts"
import { type EventLog, fastRetry, logEvents, openSandbox } from "../world.ts"

type AnySandbox = Sandbox<"manual">

/** The pause between two tries of a pairing, where a test says nothing else. */
export const pause = 10_000

/** The options of a gateway connection to a sandbox. */
export const gatewayOptions = (sandbox: AnySandbox, differs: Partial<X3GatewayOptions> = {}): X3GatewayOptions => {
  const { clientId, clientSecret, customer, redirectUri, scope } = sandbox.accounts["x3-gateway"]
  return {
    rootUrl: sandbox.urls["x3-gateway"].root,
    clientId,
    clientSecret,
    redirectUri,
    customer,
    scope,
    environment: "sandbox",
    pairing: { schedule: { first: pause, factor: 1, jitter: false, within: "30 days" } },
    ...differs
  }
}

/** What a world may have that differs. */
export interface GatewayWorldOptions {
  readonly sandbox?: AnySandbox | undefined
  readonly server?: NonNullable<NonNullable<Parameters<typeof openSandbox>[0]>["x3"]>["gateway"]
  readonly gateway?: Partial<X3GatewayOptions> | undefined
  readonly settings?: Settings | undefined
}

/** An application with a gateway connection. */
export interface GatewayWorld {
  readonly sandbox: AnySandbox
  readonly sage: Sage<{ readonly gateway: ReturnType<typeof x3.gateway> }>
  readonly events: EventLog
  readonly wire: RecordingFetch
}

/** Opens a sandbox and an application that lives by its clock; both end with the test. */
export const openGatewayWorld = async (options: GatewayWorldOptions = {}): Promise<GatewayWorld> => {
  const sandbox = options.sandbox ?? (await openSandbox({ x3: { gateway: options.server } }))
  const wire = recordingFetch()
  const sage = createSageAuth({
    connections: { gateway: x3.gateway(gatewayOptions(sandbox, options.gateway)) },
    clock: sandbox.clock,
    retry: fastRetry,
    fetch: wire.fetch,
    ...options.settings
  })
  onTestFinished(() => sage.close())
  return { sandbox, sage, wire, events: logEvents(sage.events()) }
}

/** Asks for a pairing; where the human was sent, and the callback, if there is one by now. */
export const ask = async (
  { sage, sandbox }: Pick<GatewayWorld, "sage" | "sandbox">,
  { decide = true, tenant }: { readonly decide?: boolean; readonly tenant?: string } = {}
): Promise<PairingCallback & { readonly asked: URL; readonly cookie: string }> => {
  const { cookie, url } = await sage
    .client("gateway", tenant === undefined ? {} : { tenant })
    .authorize({ returnTo: "/settings" })
  return { ...(await sandbox.x3.pairingCallback(url, { decide })), asked: new URL(url), cookie }
}

/** Hands a callback over as an adapter does: without a cookie, since none came. */
export const take = (
  { sage }: Pick<GatewayWorld, "sage">,
  { body, url }: Pick<PairingCallback, "body" | "url">,
  tenant?: string
): Promise<CompletedAuthorization> => sage.completeAuthorization({ url, body, tenant })

/** A whole pairing. */
export const pair = async (world: Pick<GatewayWorld, "sage" | "sandbox">, tenant?: string) =>
  take(world, await ask(world, tenant === undefined ? {} : { tenant }))

/** The bodies that went to the token endpoints. */
export const tokenBodies = ({ wire }: Pick<GatewayWorld, "wire">): ReadonlyArray<Record<string, string>> =>
  wire.sent
    .filter(({ method, url }) => method === "POST" && url.endsWith("/token"))
    .map(({ body }) => JSON.parse(body) as Record<string, string>)
