import process from "node:process"
import type { BusinessCloudAccounts } from "./business-cloud/accounts.ts"
import type { BusinessCloudOptions } from "./business-cloud/options.ts"
import { type BusinessCloudControl, makeBusinessCloud } from "./business-cloud/surface.ts"
import { type ManualClock, manualClock, type SystemClock, systemClock } from "./clock.ts"
import { type ConnectionsOptions, makeConnections, type SandboxConnections } from "./connections.ts"
import { control, type Controlled, controlPath } from "./control.ts"
import { type Fault, FaultQueue, type PendingFault } from "./faults.ts"
import { type Front, startHttpServers } from "./httpServer.ts"
import { approve, type ApproveOptions } from "./approve.ts"
import type { IntacctRestAccounts } from "./intacct-rest/accounts.ts"
import type { IntacctRestOptions } from "./intacct-rest/options.ts"
import { type IntacctRestControl, makeIntacctRest } from "./intacct-rest/surface.ts"
import type { IntacctXmlAccounts } from "./intacct-xml/accounts.ts"
import type { SandboxCompany } from "./intacct-xml/define.ts"
import { type IntacctXmlControl, makeGateway } from "./intacct-xml/gateway.ts"
import type { IntacctXmlOptions } from "./intacct-xml/options.ts"
import { type LoggedRequest, type RequestFilter, RequestLog } from "./requestLog.ts"
import { checkChoices, checkMembers } from "./checkedOptions.ts"
import type { Reading } from "./reading.ts"
import { startPage } from "./startPage.ts"
import type { Surface } from "./surface.ts"
import { type SandboxUrls, urlsOf } from "./urls.ts"
import { makeX3, type X3Accounts, type X3Control, type X3Options } from "./x3/x3.ts"

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
  /**
   * Whether programs in other languages can steer it over HTTP, at `/sandbox/control`, from this machine alone. The
   * command always can be. Default false.
   */
  readonly control?: boolean | undefined
  /**
   * Whose word all servers follow, unless their own `reading` says otherwise: `"documented"`, Sage's pages, or
   * `"card"`, what only the reference documents of this project show. Default `"documented"`.
   */
  readonly reading?: Reading | undefined
  /** How the Intacct XML gateway behaves. */
  readonly intacct?: IntacctXmlOptions | undefined
  /** How the Intacct REST API and its authorization server behave. */
  readonly intacctRest?: IntacctRestOptions | undefined
  /** How Business Cloud Accounting and its authorization server behave. */
  readonly businessCloud?: BusinessCloudOptions | undefined
  /** How X3 behaves: its Syracuse server, the customer's identity provider, the cloud gateway. */
  readonly x3?: X3Options | undefined
}

/** A running sandbox. */
export interface Sandbox<Clock extends "manual" | "system" = "system"> {
  /** Connections for `createSageAuth`, with the sandbox's accounts and URLs in them. */
  connections(options?: ConnectionsOptions): SandboxConnections
  /** The URLs that a client needs, by surface. */
  readonly urls: SandboxUrls
  /** The seeded accounts as plain values, for clients of any kind. */
  readonly accounts: X3Accounts & {
    readonly "intacct-xml": IntacctXmlAccounts
    readonly "intacct-rest": IntacctRestAccounts
    readonly "business-cloud": BusinessCloudAccounts
  }
  /** The clock that the sandbox lives by. */
  readonly clock: Clock extends "manual" ? ManualClock : SystemClock
  /** Has the next matching requests go wrong. Faults are played in the order of these calls. */
  fault(surface: Surface, fault: Fault): void
  /**
   * The faults that can still hit a request, oldest first. A test asserts with it that the faults it placed were met:
   * one with `times` is gone once it was played so often, and one without end says how often it was `played`.
   */
  faults(): ReadonlyArray<PendingFault>
  /** Forgets the faults that were not played. */
  clearFaults(): void
  /** What arrived, oldest first, with secrets masked: the last 10,000 requests. */
  requests(filter?: RequestFilter): ReadonlyArray<LoggedRequest>
  /**
   * Plays the human on the login and consent pages of an authorization URL. It signs in as the first user of the
   * accounts unless `login` says otherwise. It gives the callback URL without following it.
   *
   * @throws `Error` with the page's words when the pages go no further
   */
  approve(url: string | URL, options?: ApproveOptions): Promise<string>
  /**
   * A company of Intacct, to be looked into and added to: objects, records, functions, entities, users. The id is that
   * of an account, such as `AcmeHoldings`, in small letters as well.
   *
   * @throws `TypeError` when there is no such company
   */
  company(companyId: string): SandboxCompany
  /** What only Intacct itself can do. */
  readonly intacct: IntacctXmlControl
  /** What only Intacct's REST API and its authorization server can do. */
  readonly intacctRest: IntacctRestControl
  /** What only Business Cloud Accounting and its authorization server can do. */
  readonly businessCloud: BusinessCloudControl
  /** What only X3, the customer's identity provider, the cloud gateway and their people can do. */
  readonly x3: X3Control
  /** Registers a callback of the application with every authorization server, for the application of the accounts. */
  registerRedirectUri(redirectUri: string): void
  /** The authority behind the ports with TLS and the client certificates: PEM, for `ca` of a client. */
  readonly ca: string
  /** Closes the servers and every connection, those that hang included. */
  stop(): Promise<void>
}

/** The oldest Node.js that this package runs in, as its `engines` say. */
const neededNode = "22.19"

/**
 * Refuses an older Node.js: package managers only warn of it, and something would fail later without a word of it.
 *
 * @throws `Error`
 */
const checkNode = (): void => {
  const actual = process.versions.node
  const [major = 0, minor = 0] = neededNode.split(".").map(Number)
  const [actualMajor = 0, actualMinor = 0] = actual.split(".").map(Number)
  if (actualMajor > major || (actualMajor === major && actualMinor >= minor)) return
  throw new Error(
    `@sage-auth/sandbox needs Node.js ${neededNode} or later, and this is ${actual}. Install the current release from https://nodejs.org.`
  )
}

/**
 * Starts a stand-in for Sage's servers on this machine.
 *
 * @throws `RangeError` for an option out of its range, `Error` in a Node.js that is too old; rejects with the system's
 * error when the port is taken.
 *
 * @category testing
 */
export function startSandbox<const Clock extends "manual" | "system" = "system">(
  options?: SandboxOptions<Clock>
): Promise<Sandbox<Clock>>
export async function startSandbox(
  options: SandboxOptions<"manual" | "system"> = {}
): Promise<Sandbox<"manual" | "system">> {
  checkNode()
  checkMembers(options, optionNames, "startSandbox")
  checkChoices(options, { clock: ["system", "manual", undefined as never] })
  const clock = options.clock === "manual" ? manualClock(startOf(options.startAt)) : systemClock()
  const faults = new FaultQueue(clock.now)
  const log = new RequestLog(clock.now)
  const { reading } = options
  const gateway = makeGateway(clock, { reading, ...options.intacct })
  const rest = makeIntacctRest(gateway.state, { reading, ...options.intacctRest })
  const books = makeBusinessCloud(clock, { reading, ...options.businessCloud })
  const x3 = await makeX3(clock, options.host ?? "localhost", { reading, ...options.x3 })
  let front: Front | undefined
  const servers = await startHttpServers({
    listeners: [{ name: "main", host: options.host ?? "127.0.0.1", port: options.port ?? 0 }, ...x3.listeners],
    clock,
    faults,
    log,
    surfaces: [gateway.module, rest.module, books.module, ...x3.modules],
    front: (request) => front?.(request)
  })
  const origin = servers.origins.get("main") ?? ""
  const listening = x3.listening(servers.origins)
  const urls = urlsOf(origin, listening.urls)
  const register = (server: RegisteringServer, redirectUri: string): void => {
    switch (server) {
      case "intacct-rest":
        return rest.control.registerRedirectUri(rest.accounts.client.clientId, redirectUri)
      case "business-cloud":
        return books.control.registerRedirectUri(books.accounts.client.clientId, redirectUri)
      case "identity-provider": {
        const { clientId } = listening.accounts["x3-web-services"].oauth2
        return x3.control.identityProvider.registerRedirectUri(clientId, redirectUri)
      }
      case "gateway": {
        const { clientId } = listening.accounts["x3-gateway"]
        return x3.control.gateway.registerRedirectUri(clientId, redirectUri)
      }
    }
  }
  const sandbox: Sandbox<"manual" | "system"> = {
    connections: (given) =>
      makeConnections(
        urls,
        {
          accounts: listening.accounts,
          ca: x3.authority,
          register,
          threeHeaders: books.threeHeaders()
        },
        given
      ),
    urls,
    accounts: {
      "intacct-xml": gateway.directory.accounts,
      "intacct-rest": rest.accounts,
      "business-cloud": books.accounts,
      ...listening.accounts
    },
    clock,
    fault: (surface, fault) => {
      if (surface === "intacct-xml") gateway.checkStep(fault.on)
      faults.add(surface, fault)
    },
    faults: () => faults.pending(),
    clearFaults: () => faults.clear(),
    requests: (filter) => log.requests(filter),
    approve: (url, given) => approve(origin, String(url), x3.control, given),
    company: (companyId) => gateway.company(companyId),
    intacct: gateway.control,
    intacctRest: rest.control,
    businessCloud: books.control,
    x3: x3.control,
    registerRedirectUri: (redirectUri) => {
      if (!URL.canParse(redirectUri) || redirectUri.includes("#")) {
        throw new TypeError("registerRedirectUri takes an absolute URL without a fragment")
      }
      for (const server of registeringServers) register(server, redirectUri)
    },
    ca: x3.authority,
    stop: () => servers.stop()
  }
  front = frontOf(sandbox, origin, options.control === true)
  return sandbox
}

const optionNames: ReadonlyArray<keyof SandboxOptions> = [
  "clock",
  "startAt",
  "port",
  "host",
  "control",
  "reading",
  "intacct",
  "intacctRest",
  "businessCloud",
  "x3"
]

const registeringServers = ["intacct-rest", "business-cloud", "identity-provider", "gateway"] as const

type RegisteringServer = (typeof registeringServers)[number]

/** The start page, and the control API where it is wanted. */
const frontOf = (sandbox: Sandbox<"manual" | "system">, origin: string, controllable: boolean): Front => {
  const { clock } = sandbox
  const controlled: Controlled = {
    describe: () => ({ ...sandboxFacts(sandbox), now: clock.now() }),
    requests: (filter) => sandbox.requests(filter),
    fault: (surface, fault) => sandbox.fault(surface, fault),
    faults: () => sandbox.faults(),
    clearFaults: () => sandbox.clearFaults(),
    now: () => clock.now(),
    advance: "advance" in clock ? (by) => clock.advance(by) : undefined,
    approve: (url, given) => sandbox.approve(url, given),
    registerRedirectUri: (redirectUri) => sandbox.registerRedirectUri(redirectUri),
    define: (companyId, definition) => sandbox.company(companyId).define(definition),
    records: (companyId, object) => sandbox.company(companyId).records(object),
    controls: {
      intacct: sandbox.intacct,
      intacctRest: sandbox.intacctRest,
      businessCloud: sandbox.businessCloud,
      x3: sandbox.x3,
      identityProvider: sandbox.x3.identityProvider,
      gateway: sandbox.x3.gateway
    }
  }
  return (request) => {
    const { method, path } = request
    if (path === "/" && (method === "GET" || method === "HEAD")) {
      const xml = sandbox.accounts["intacct-xml"]
      const { client, user } = sandbox.accounts["intacct-rest"]
      return Promise.resolve(
        startPage({
          urls: sandboxFacts(sandbox).urls,
          accounts: sandbox.accounts,
          sample: { sender: xml.sender, login: xml.login, client, username: user.username },
          control: controllable ? `${origin}${controlPath}` : undefined
        })
      )
    }
    const isControl = path === controlPath || path.startsWith(`${controlPath}/`)
    return controllable && isControl ? control(controlled, request) : undefined
  }
}

/** The addresses and accounts of a sandbox as plain JSON. */
export const sandboxFacts = (
  sandbox: Pick<Sandbox<"manual" | "system">, "accounts" | "urls">
): { readonly urls: Readonly<Record<string, Readonly<Record<string, string>>>>; readonly accounts: object } => ({
  urls: Object.fromEntries(
    Object.entries(sandbox.urls).map(([surface, urls]) => [
      surface,
      Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, String(url)]))
    ])
  ),
  accounts: plain(sandbox.accounts) as object
})

/** Files, such as certificates in PKCS #12, become base64. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64")
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
}

const startOf = (startAt: Date | number | undefined): number => {
  // Whole seconds, because Intacct's timestamps have no more.
  if (startAt === undefined) return Math.floor(Date.now() / 1000) * 1000
  const start = Number(startAt)
  if (!Number.isFinite(start)) throw new RangeError("startAt must be a date or milliseconds since the Unix epoch")
  return start
}
