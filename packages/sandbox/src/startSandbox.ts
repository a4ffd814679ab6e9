import { type ManualClock, manualClock, type SystemClock, systemClock } from "./clock.ts"
import { type ConnectionsOptions, makeConnections, type SandboxConnections } from "./connections.ts"
import { type Fault, FaultQueue } from "./faults.ts"
import { startHttpServer } from "./httpServer.ts"
import type { IntacctXmlAccounts } from "./intacct-xml/accounts.ts"
import { type IntacctXmlControl, makeGateway } from "./intacct-xml/gateway.ts"
import { gatewayPath } from "./intacct-xml/paths.ts"
import type { IntacctXmlOptions } from "./intacct-xml/options.ts"
import { type LoggedRequest, type RequestFilter, RequestLog } from "./requestLog.ts"
import type { Surface } from "./surface.ts"

/** Options of {@link startSandbox}. */
export interface SandboxOptions<Clock extends "manual" | "system" = "system"> {
  /** `"system"`: the machine's clock. `"manual"`: one that stands still until `clock.advance`. Default `"system"`. */
  readonly clock?: Clock | undefined
  /** Where a manual clock starts, as a date or milliseconds since the Unix epoch. Default the current second. */
  readonly startAt?: Date | number | undefined
  /** The TCP port. Default 0: a free one. */
  readonly port?: number | undefined
  /** The address to listen on. Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** How the Intacct XML gateway behaves. */
  readonly intacct?: IntacctXmlOptions | undefined
}

/** A running sandbox. */
export interface Sandbox<Clock extends "manual" | "system" = "system"> {
  /** Connections for `createSageAuth`, with the sandbox's accounts and URLs in them. */
  connections(options?: ConnectionsOptions): SandboxConnections
  /** The URLs that a client needs, by surface. */
  readonly urls: { readonly "intacct-xml": { readonly xml: string } }
  /** The seeded accounts as plain values, for clients of any kind. */
  readonly accounts: { readonly "intacct-xml": IntacctXmlAccounts }
  /** The clock that the sandbox lives by. */
  readonly clock: Clock extends "manual" ? ManualClock : SystemClock
  /** Has the next matching requests go wrong. Faults are played in the order of these calls. */
  fault(surface: Surface, fault: Fault): void
  /** Forgets the faults that were not played. */
  clearFaults(): void
  /** What arrived, oldest first, with secrets masked: the last 10,000 requests. */
  requests(filter?: RequestFilter): ReadonlyArray<LoggedRequest>
  /** What only Intacct itself can do. */
  readonly intacct: IntacctXmlControl
  /** Closes the server and every connection, those that hang included. */
  stop(): Promise<void>
}

/**
 * Starts a stand-in for Sage's servers on this machine.
 *
 * @throws `RangeError` for an option out of its range; rejects with the system's error when the port is taken.
 */
export function startSandbox<const Clock extends "manual" | "system" = "system">(
  options?: SandboxOptions<Clock>
): Promise<Sandbox<Clock>>
export async function startSandbox(
  options: SandboxOptions<"manual" | "system"> = {}
): Promise<Sandbox<"manual" | "system">> {
  const clock = options.clock === "manual" ? manualClock(startOf(options.startAt)) : systemClock()
  const faults = new FaultQueue()
  const log = new RequestLog(clock.now)
  const gateway = makeGateway(clock, options.intacct)
  const server = await startHttpServer({
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    clock,
    faults,
    log,
    surfaces: [gateway.module]
  })
  const xml = `${server.origin}${gatewayPath}`
  return {
    connections: (given) => makeConnections(xml, given),
    urls: { "intacct-xml": { xml } },
    accounts: { "intacct-xml": gateway.directory.accounts },
    clock,
    fault: (surface, fault) => faults.add(surface, fault),
    clearFaults: () => faults.clear(),
    requests: (filter) => log.requests(filter),
    intacct: gateway.control,
    stop: () => server.stop()
  }
}

const startOf = (startAt: Date | number | undefined): number => {
  // Whole seconds, because Intacct's timestamps have no more.
  if (startAt === undefined) return Math.floor(Date.now() / 1000) * 1000
  const start = Number(startAt)
  if (!Number.isFinite(start)) throw new RangeError("startAt must be a date or milliseconds since the Unix epoch")
  return start
}
