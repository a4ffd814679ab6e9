import { intacctFunctions } from "./knownNames.ts"
import { type SystemClock, toMilliseconds } from "../clock.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import type { Admission, Arrival, SurfaceModule } from "../SurfaceModule.ts"
import {
  acknowledgement,
  type ControlEcho,
  controlFailure,
  type Failure,
  gatewayFailure,
  operation,
  withRequestId,
  withSupportId
} from "./answers.ts"
import { authenticate, authenticationBlock, companyOf } from "./authenticate.ts"
import { type Call, type GatewayState, type IntacctXmlTransactions, TransactionCount } from "./call.ts"
import { CompanyPool } from "./companyPool.ts"
import { companyKey, type Directory, seedDirectory } from "./companies.ts"
import { companyHandle, type SandboxCompany } from "./define.ts"
import { maskerFor } from "../maskSecrets.ts"
import { defaultOptions, type IntacctXmlOptions, mergeOptions, type ResolvedIntacctXmlOptions } from "./options.ts"
import { isGatewayPath } from "./paths.ts"
import {
  type GatewayRequest,
  readRequest,
  type RequestAuthentication,
  type RequestScope,
  type SchemaFailure
} from "./readRequest.ts"
import { RecordFunctions } from "./recordFunctions.ts"
import { controlRefusal, Refusal } from "./refusal.ts"
import { runFunctions } from "./runFunctions.ts"
import { Sessions } from "./sessions.ts"
import { print, type XmlNode } from "./xml.ts"

/** What tests do to the gateway that no client can. */
export interface IntacctXmlControl {
  /** Ends every session, or those of one company, as if an administrator had; returns how many were alive. */
  endSessions(companyId?: string): number
  /** Changes a user's password; sessions stay alive. */
  setPassword(login: { readonly companyId: string; readonly userId: string; readonly password: string }): void
  /** Changes a sender's password. */
  setSenderPassword(sender: { readonly id: string; readonly password: string }): void
  /** What the gateway counted for a company in a calendar month of UTC, by default the current one. */
  transactions(companyId: string, month?: string): IntacctXmlTransactions
  /** Lays these options over those that hold. */
  configure(options: IntacctXmlOptions): void
}

/** The gateway with what the sandbox needs of it. */
export interface IntacctXmlGateway {
  readonly module: SurfaceModule
  readonly control: IntacctXmlControl
  readonly directory: Directory
  /** Everything that it keeps, which the REST API of the same companies shares. */
  readonly state: GatewayState
  /** Refuses the name of a function that no company has: a fault on it would never be played. @throws `TypeError` */
  checkStep(name: string): void
  /** The company of that id, to be looked into and added to. */
  company(companyId: string): SandboxCompany
  /** Masks a further secret. */
  secret(text: string): void
}

/** Makes a gateway with its companies, users and records. */
export const makeGateway = (clock: SystemClock, given: IntacctXmlOptions | undefined): IntacctXmlGateway => {
  let options = checked(mergeOptions(defaultOptions, given))
  const directory = seedDirectory()
  const sessions = new Sessions(clock.now, () => ({
    timeout: toMilliseconds(options.sessionTimeout, "sessionTimeout"),
    limit: toMilliseconds(options.sessionLimit, "sessionLimit")
  }))
  const transactions = new TransactionCount(clock.now)
  const state: GatewayState = {
    clock,
    directory,
    sessions,
    transactions,
    options: () => options,
    pool: new CompanyPool(clock),
    functions: new RecordFunctions(clock.now, withSupportId, () => options),
    usedControlIds: new Set()
  }
  const secrets = new Set<string>(directory.senders.values())
  for (const account of Object.values(directory.accounts)) {
    if (typeof account === "object" && "password" in account) secrets.add(account.password)
  }
  const secret = (text: string): void => {
    secrets.add(text)
  }
  return {
    directory,
    state,
    secret,
    checkStep: (name) => {
      if (name === "" || name === "*" || intacctFunctions.has(name) || state.functions.isDefined(name)) return
      throw new TypeError(`on: Intacct has no function ${name}, and no company of the sandbox defines one`)
    },
    company: (companyId) => {
      const company = directory.company(companyId)
      if (company !== undefined) return companyHandle(company, { now: clock.now, functions: state.functions, secret })
      throw new TypeError(`company(id) must name a company of the sandbox: ${directory.companyIds.join(", ")}`)
    },
    module: {
      surface: "intacct-xml",
      accepts: isGatewayPath,
      receive: (request) => receive(state, request),
      mask: maskerFor(secrets)
    },
    control: {
      endSessions: (companyId) => sessions.end(companyId),
      setPassword: ({ companyId, userId, password }) => {
        const user = directory.company(companyId)?.users.get(userId)
        if (user === undefined) throw new TypeError("companyId and userId must name a user of the sandbox")
        user.password = password
        secrets.add(password)
      },
      setSenderPassword: ({ id, password }) => {
        if (!directory.senders.has(id)) throw new TypeError("id must name a sender of the sandbox")
        directory.senders.set(id, password)
        secrets.add(password)
      },
      transactions: (companyId, month) => transactions.of(companyKey(companyId), month),
      configure: (more) => {
        options = checked(mergeOptions(options, more))
      }
    }
  }
}

const checked = (options: ResolvedIntacctXmlOptions): ResolvedIntacctXmlOptions => {
  for (const name of ["sessionTimeout", "sessionLimit", "connectionWait", "latency", "reportTime"] as const) {
    toMilliseconds(options[name], name)
  }
  return options
}

const contentTypes: ReadonlySet<string> = new Set(["application/xml", "x-intacct-xml-request"])

const receive = (state: GatewayState, request: SurfaceRequest): Arrival => {
  if (request.method !== "POST") {
    return arrivalOf(state, [], () => ({
      status: 405,
      headers: { allow: "POST", "content-type": "text/plain; charset=utf-8" },
      body: "Method Not Allowed\n"
    }))
  }
  const contentType = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""
  if (!contentTypes.has(contentType)) {
    const failure = gatewayFailure("GW-0014", withRequestId("Invalid Content Type"))
    return arrivalOf(state, [], () => xml(state, failure, 400))
  }
  const read = readRequest(request.body, request.utf8, (authentication) => scopeOf(state, authentication))
  if ("problems" in read) return arrivalOf(state, read.functions, () => refuseSchema(state, read))
  return requestArrival(state, request, read)
}

/** What the company of a request has defined for itself. */
const scopeOf = (state: GatewayState, authentication: RequestAuthentication | undefined): RequestScope => {
  const key = authentication === undefined ? undefined : companyOf(state, authentication)
  const company = key === undefined ? undefined : state.directory.company(key)
  return {
    isFunction: (name) => company !== undefined && state.functions.isDefined(name, company),
    isList: (name) => company?.records.types.listed(name) !== undefined
  }
}

/** An arrival that is refused before anybody's connection is needed. */
const arrivalOf = (state: GatewayState, steps: ReadonlyArray<string>, answer: () => SurfaceResponse): Arrival => ({
  steps,
  company: undefined,
  authentication: undefined,
  admit: () => Promise.resolve({ release: () => {} }),
  answer: async () => answer(),
  faults: rateLimitFaults(state)
})

const rateLimitFaults = (state: GatewayState): Arrival["faults"] => ({
  "rate-limited": () => rateLimited(state, 429),
  "rate-limited-200": () => rateLimited(state, 200)
})

const rateLimited = (state: GatewayState, status: 429 | 200): SurfaceResponse =>
  xml(state, gatewayFailure("GW-0010", withRequestId("API rate limit exceeded")), status)

const refuseSchema = (state: GatewayState, failure: SchemaFailure): SurfaceResponse =>
  xml(
    state,
    controlFailure(
      { senderId: "", controlId: "", uniqueId: "", dtdVersion: "" },
      failure.problems.map((problem) => ({ errorno: "XL03000003", description2: withSupportId(problem) })),
      false
    )
  )

const requestArrival = (state: GatewayState, request: SurfaceRequest, read: GatewayRequest): Arrival => {
  const { authentication } = read
  const company = companyOf(state, read.authentication)
  const exists = company !== undefined && state.directory.company(company) !== undefined
  const trusted = state.directory.senders.get(read.control.senderId) === read.control.password
  return {
    steps: read.functions.map((called) => called.name),
    company,
    authentication: authentication.kind,
    admit: (signal) => (exists && trusted ? admit(state, company, signal) : Promise.resolve({ release: () => {} })),
    answer: async (signal) => {
      const latency = toMilliseconds(state.options().latency, "latency")
      if (latency > 0) await state.clock.sleep(latency, signal)
      return respond(state, request, read)
    },
    faults: {
      ...rateLimitFaults(state),
      "service-offline": () => respond(state, request, read, serviceOffline)
    }
  }
}

const serviceOffline: Failure = {
  errorno: "",
  description2: "The Service is Temporarily Off-line",
  correction: "Please Try Again Later"
}

const admit = async (state: GatewayState, company: string, signal: AbortSignal): Promise<Admission> => {
  const { connectionsPerCompany, connectionWait, rateLimit } = state.options()
  const wait = toMilliseconds(connectionWait, "connectionWait")
  const release = await state.pool.acquire(company, connectionsPerCompany, wait, signal)
  return release === undefined ? { refused: rateLimited(state, rateLimit) } : { release }
}

const xml = (state: GatewayState, root: XmlNode, status = 200, whitespace = true): SurfaceResponse => {
  const { contentType } = state.options()
  return {
    status,
    headers: contentType === null ? {} : { "content-type": contentType },
    body: print(root, whitespace)
  }
}

/** Does what a request asks for; with `offline`, everything but its functions, which fail with that instead. */
const respond = (
  state: GatewayState,
  request: SurfaceRequest,
  read: GatewayRequest,
  offline?: Failure
): SurfaceResponse => {
  const whitespace = read.control.includeWhitespace
  const call: Call = { state, request, read, echo: echoOf(state, read) }
  try {
    checkSender(call)
    return read.control.policyId === undefined
      ? online(call, offline)
      : acknowledge(call, read.control.policyId, offline)
  } catch (error) {
    if (error instanceof Refusal) return xml(state, error.root, error.status, whitespace)
    throw error
  }
}

const echoOf = (state: GatewayState, { control }: GatewayRequest): ControlEcho =>
  state.options().controlEcho === "empty"
    ? { senderId: "", controlId: "", uniqueId: "", dtdVersion: "" }
    : {
        senderId: state.options().omitSenderId ? undefined : control.senderId,
        controlId: control.controlId,
        uniqueId: String(control.uniqueId),
        dtdVersion: control.dtdVersion
      }

const checkSender = (call: Call): void => {
  const { senderId, password } = call.read.control
  if (call.state.directory.senders.get(senderId) === password) return
  throw controlRefusal(
    call,
    call.state.options().wrongSender === "XL03000004"
      ? { errorno: "XL03000004", description2: "Invalid Sender ID or password" }
      : { errorno: "XL03000006", description2: "Incorrect Intacct XML Partner ID or password." }
  )
}

const acknowledge = (call: Call, policyId: string, offline: Failure | undefined): SurfaceResponse => {
  if (policyId !== call.state.directory.accounts.policyId) {
    throw controlRefusal(call, {
      errorno: "XL03000006",
      description2: `${policyId} is not a valid transport policy.`
    })
  }
  try {
    // The work is done all the same; its results, or why there are none, go to the policy's own address.
    online(call, offline)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
  return xml(call.state, acknowledgement(call.echo), 200, call.read.control.includeWhitespace)
}

const online = (call: Call, offline: Failure | undefined): SurfaceResponse => {
  const { state, read, echo } = call
  const authenticated = authenticate(call)
  const { results, plain, beside } = runFunctions(call, authenticated, offline)
  if (plain !== undefined) {
    return { status: 200, headers: { "content-type": plain.contentType }, body: plain.body }
  }
  const { showAdditionalErrorInfo, includeWhitespace } = read.control
  const root = operation(echo, authenticationBlock(call, authenticated), results, showAdditionalErrorInfo, beside)
  return xml(state, root, 200, includeWhitespace)
}
