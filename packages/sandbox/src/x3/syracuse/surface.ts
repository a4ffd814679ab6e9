import { randomUUID } from "node:crypto"
import { type SystemClock, toMilliseconds } from "../../clock.ts"
import { CompanyPool } from "../../intacct-xml/companyPool.ts"
import { answered, answeredAfterLatency, EarlyAnswer, redirect } from "../../oauth/answers.ts"
import { BoundedMap } from "../../BoundedMap.ts"
import { maskerFor } from "../../maskSecrets.ts"
import { pageAnswer } from "../../oauth/pages.ts"
import type { Listener, SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import type { Arrival, SurfaceModule } from "../../SurfaceModule.ts"
import { connectedApp, endpoints, seededUsers } from "./accounts.ts"
import { diagnosis, methodNotAllowed, text, tooMany } from "./answers.ts"
import { type ConnectedApp, Sessions, type SyracuseState, type TokenOwner } from "./state.ts"
import { forwardedGraphQL, type ForwardedGraphQL, graphql, operationNameOf } from "./graphql.ts"
import {
  formCredentials,
  identify,
  methodsOf,
  passwordUser,
  presented,
  type Purpose,
  sessionIdOf,
  sessionLife
} from "./identify.ts"
import { defaultOptions, mergeOptions, type PoolOptions, poolOf, type SyracuseOptions } from "./options.ts"
import { isGraphqlPath, isWebServicesPath, paths } from "./paths.ts"
import { rest, restTarget } from "./rest.ts"
import { noCall, noPool, noProcesses, queueTimeout, soap } from "./soap.ts"
import { readCall, type SoapCall } from "./soapMessage.ts"
import { seedFolder } from "./tables.ts"
import { type NewX3User, Users, type X3User } from "./users.ts"
import { wsdl } from "./wsdl.ts"

/** What tests do to the Syracuse server that no client can. */
export interface SyracuseControl {
  /** Lays these options over those that hold; members of `session` one by one. */
  configure(options: SyracuseOptions): void
  /** Changes a SOAP pool, or adds it; null takes it away. */
  setPool(alias: string, pool: PoolOptions | null): void
  /** Adds a user, or replaces the one with that login. */
  addUser(user: NewX3User): void
  /** Changes a user's password. */
  setPassword(login: string, password: string): void
  /** Registers a connected app, or replaces the one with that client id. */
  addConnectedApp(app: {
    readonly clientId: string
    readonly clientSecret: string
    /** What `aud` must be. */
    readonly url: string
    /** In seconds. */
    readonly tokensValidity: number
    /** The login of the allowed user. */
    readonly user: string
  }): void
  /** Deletes a connected app; its tokens are refused from now on. */
  removeConnectedApp(clientId: string): void
  /**
   * Adds records to a class such as `"BPCUSTOMER"`. Fields that are left out are empty.
   *
   * @throws `TypeError` for a class that the sandbox does not have, `Error` for a record that X3 would refuse
   */
  addRecords(className: string, records: ReadonlyArray<Readonly<Record<string, string | number>>>): void
  /** How many badges of the licence are taken. */
  badgesTaken(): number
}

/** The Syracuse server with what the sandbox needs of it. */
export interface Syracuse {
  readonly modules: ReadonlyArray<SurfaceModule>
  readonly control: SyracuseControl
  /** Registers the seeded connected app with the URLs of the ports that now listen. */
  readonly listening: (origins: Iterable<string>) => void
  /** Serves GraphQL that another server of Sage's has authenticated. */
  readonly graphql: (call: ForwardedGraphQL) => Promise<SurfaceResponse>
}

/** The life that the seeded connected app allows its tokens, in seconds. */
const tokensValidity = 600

const listeners: ReadonlyArray<Listener> = ["main", "tls", "online"]

/** Makes a Syracuse server with its users, endpoints and records. */
export const makeSyracuse = (
  clock: SystemClock,
  given: SyracuseOptions | undefined,
  whoIs: (accessToken: string) => TokenOwner | undefined
): Syracuse => {
  let options = mergeOptions(defaultOptions, given)
  const secrets = new Set<string>([connectedApp.clientSecret])
  const folder = seedFolder()
  const state: SyracuseState = {
    clock,
    options: () => options,
    users: new Users(),
    apps: new Map(),
    sessions: new Sessions(clock.now),
    endpoints: new Map(Object.values(endpoints).map((name) => [name, folder])),
    channels: new CompanyPool(clock),
    tokenOwners: new BoundedMap(10_000),
    setPool: (alias, change) => {
      const pool = poolOf(change, `pools.${alias}`, options.pools.get(alias))
      options = { ...options, pools: new Map([...options.pools, [alias, pool]]) }
    },
    whoIs
  }
  const addUser = (user: NewX3User): void => {
    state.users.set({
      login: user.login,
      password: user.password,
      email: user.email ?? "",
      method: user.method ?? "Standard",
      endpoints: new Set(user.endpoints ?? Object.values(endpoints)),
      administrator: user.administrator ?? false,
      hiddenFields: new Set(user.hiddenFields ?? []),
      active: user.active ?? true
    })
    if (user.password !== undefined) secrets.add(user.password)
  }
  for (const user of seededUsers) addUser(user)
  const addApp = (app: ConnectedApp): void => {
    state.apps.set(app.clientId, app)
    secrets.add(app.clientSecret)
  }
  const mask = maskerFor(secrets)
  return {
    modules: [
      {
        surface: "x3-web-services",
        listeners,
        accepts: isWebServicesPath,
        receive: (request) => receive(state, request),
        mask
      },
      {
        surface: "x3-graphql",
        listeners,
        accepts: isGraphqlPath,
        receive: (request) => receiveGraphql(state, request),
        mask
      }
    ],
    graphql: (call) => forwardedGraphQL(state, call),
    listening: (origins) => {
      addApp({
        ...connectedApp,
        urls: new Set([...origins].map((origin) => `${origin}${paths.graphql}`)),
        tokensValidity
      })
    },
    control: {
      configure: (more) => {
        options = mergeOptions(options, more)
      },
      setPool: (alias, pool) => {
        if (pool !== null) return state.setPool(alias, pool)
        const pools = new Map(options.pools)
        pools.delete(alias)
        options = { ...options, pools }
      },
      addUser,
      setPassword: (login, password) => {
        const user = state.users.get(login)
        if (user === undefined) throw new TypeError("login must name a user of the Syracuse server")
        user.password = password
        secrets.add(password)
      },
      addConnectedApp: ({ url, ...app }) => addApp({ ...app, urls: new Set([url]) }),
      removeConnectedApp: (clientId) => {
        state.apps.delete(clientId)
      },
      addRecords: (className, records) => {
        const table = folder.get(className)
        if (table === undefined) throw new TypeError("className must name a class of the sandbox")
        for (const record of records) table.create(record)
      },
      badgesTaken: () => state.sessions.taken
    }
  }
}

const receive = (state: SyracuseState, request: SurfaceRequest): Arrival => {
  const { path } = request
  if (path.startsWith(paths.api)) return restArrival(state, request, "api1", path.slice(paths.api.length))
  if (path.startsWith(paths.sdata)) return restArrival(state, request, "sdata", path.slice(paths.sdata.length))
  if (path === paths.soap && request.method === "POST") return soapArrival(state, request)
  if (path === paths.wsdl || path === paths.soap) {
    return arrival(state, request, "wsdl", {
      purpose: "soap",
      work: () => {
        if (request.method !== "GET") return methodNotAllowed(path === paths.soap ? "POST" : "GET")
        identify(state, request, "soap")
        return {
          status: 200,
          headers: { "content-type": "text/xml; charset=utf-8" },
          body: wsdl(`${request.scheme}://${request.host}${paths.soap}`)
        }
      }
    })
  }
  return arrival(state, request, "login", { work: () => loginPages(state, request) })
}

const restArrival = (
  state: SyracuseState,
  request: SurfaceRequest,
  purpose: "api1" | "sdata",
  below: string
): Arrival => {
  const target = restTarget(below)
  const facet = /\.(\$\w+)$/.exec(new URLSearchParams(request.query).get("representation") ?? "")?.[1]
  return arrival(state, request, purpose, {
    purpose,
    company: target === undefined || target.endpoint === "" ? undefined : `endpoint ${target.endpoint}`,
    also: [target?.name, facet, target?.service],
    work: () => {
      const user = identify(state, request, purpose)
      if (purpose === "api1") return rest(state, request, user, target)
      return interactive(state, request, user, () => rest(state, request, user, target))
    }
  })
}

/** What runs in an interactive session, which is opened when the request brings none, and takes a badge. */
const interactive = (
  state: SyracuseState,
  request: SurfaceRequest,
  user: X3User,
  work: () => SurfaceResponse
): SurfaceResponse => {
  const life = sessionLife(state)
  const known = sessionIdOf(request)
  const session =
    known !== undefined && state.sessions.use(known, life) === user
      ? known
      : state.sessions.open(user, state.options().badges, life)
  return session === undefined ? noBadge() : withCookies(work(), request, session)
}

const noBadge = (): SurfaceResponse => diagnosis(403, "User does not have any badge for Product Sage X3")

const soapArrival = (state: SyracuseState, request: SurfaceRequest): Arrival => {
  const call = readCall(request.body)
  const pool = call === undefined ? undefined : state.options().pools.get(call.poolAlias)
  const startedAt = state.clock.now()
  let servedAt = startedAt
  // Known before the queue: an unknown caller takes up no channel.
  const ready = (): { readonly user: X3User; readonly endpoint: string } => {
    const user = identify(state, request, "soap")
    if (call === undefined) throw new EarlyAnswer(noCall())
    if (state.options().webServiceProcesses === 0) throw new EarlyAnswer(noProcesses())
    const current = state.options().pools.get(call.poolAlias)
    if (current === undefined || current.state === "stopped") throw new EarlyAnswer(noPool(call))
    return { user, endpoint: current.endpoint }
  }
  return arrival(state, request, "soap", {
    purpose: "soap",
    company: pool === undefined || call === undefined ? undefined : channelsOf(call),
    also: [call?.operation, call?.publicName, call?.poolAlias],
    admit: async (signal) => {
      if (call === undefined || pool === undefined || refusalOf(ready) !== undefined) return { release: () => {} }
      const size = pool.size * state.options().webServiceProcesses
      const wait = toMilliseconds(pool.queueTimeout, "queueTimeout")
      const release = await state.channels.acquire(channelsOf(call), size, wait, signal)
      servedAt = state.clock.now()
      return release === undefined ? { refused: queueTimeout(state, call, servedAt - startedAt) } : { release }
    },
    work: () => {
      const { user, endpoint } = ready()
      if (call === undefined) return noCall()
      return soap(state, call, user, endpoint, {
        waited: servedAt - startedAt,
        took: state.clock.now() - servedAt
      })
    }
  })
}

const channelsOf = (call: SoapCall): string => `pool ${call.poolAlias}`

const refusalOf = (work: () => unknown): EarlyAnswer | undefined => {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof EarlyAnswer) return error
    throw error
  }
}

const receiveGraphql = (state: SyracuseState, request: SurfaceRequest): Arrival =>
  arrival(state, request, "graphql", {
    purpose: "graphql",
    also: [operationNameOf(request.body)],
    work: () => {
      if (!state.options().xtremApi || request.path !== paths.graphql) {
        return text(404, `Cannot ${request.method} ${request.path}`)
      }
      return graphql(state, request, identify(state, request, "graphql"))
    }
  })

const names: Readonly<Record<string, string>> = {
  basic: "Login and password",
  ldap: "Login and password of the directory",
  oauth2: "OAuth2",
  saml2: "SAML 2.0",
  "sage-id": "Sage ID"
}

/** The pages for browsers: one to log in with a password, which opens an interactive session. */
const loginPages = (state: SyracuseState, request: SurfaceRequest): SurfaceResponse => {
  const methods = methodsOf(state, request)
  const page = (status: number, alert?: string): SurfaceResponse =>
    pageAnswer({
      status,
      language: "en",
      title: "Sage X3 (sandbox)",
      paragraphs: ["Ways to log in to this server:"],
      list: [...methods].flatMap((method) => names[method] ?? []),
      alert,
      form:
        methods.has("basic") || methods.has("ldap")
          ? {
              action: paths.login,
              hidden: {},
              fields: [
                { name: "login", label: "Login", type: "text", autocomplete: "username" },
                { name: "password", label: "Password", type: "password", autocomplete: "current-password" }
              ],
              buttons: [{ label: "Log in" }]
            }
          : undefined
    })
  switch (request.path) {
    case "/auth":
    case paths.loginPage:
      return request.method === "GET" ? page(200) : methodNotAllowed("GET")
    case paths.login: {
      if (request.method === "GET") return redirect(paths.loginPage)
      if (request.method !== "POST") return methodNotAllowed("GET", "POST")
      const { login, password } = formCredentials(request)
      const user = passwordUser(state, methods, login, password)
      if (user === undefined) return page(401, "Authentication failed...")
      return interactive(state, request, user, () => redirect(paths.loginPage))
    }
    case paths.forget:
      state.sessions.end(sessionIdOf(request) ?? "")
      return redirect(paths.loginPage)
    default:
      return text(404, "Not Found")
  }
}

/** The cookies that Syracuse sets with whatever it answers; the name of the first has the port. */
const withCookies = (answer: SurfaceResponse, request: SurfaceRequest, session: string): SurfaceResponse => ({
  ...answer,
  headers: {
    ...answer.headers,
    "set-cookie": [`syracuse.sid.${request.port}=${session}; Path=/; HttpOnly`, `client.id=${randomUUID()}; Path=/`]
  }
})

interface ArrivalParts {
  readonly purpose?: Purpose
  readonly company?: string | undefined
  readonly also?: ReadonlyArray<string | undefined>
  readonly admit?: Arrival["admit"]
  readonly work: () => SurfaceResponse | Promise<SurfaceResponse>
}

const arrival = (state: SyracuseState, request: SurfaceRequest, step: string, parts: ArrivalParts): Arrival => ({
  steps: [step],
  also: (parts.also ?? []).filter((each) => each !== undefined),
  company: parts.company,
  authentication: parts.purpose === undefined ? undefined : presented(state, request, parts.purpose),
  admit: parts.admit ?? (() => Promise.resolve({ release: () => {} })),
  answer: (signal) => {
    const work = async (): Promise<SurfaceResponse> => {
      const answer = await answered(parts.work)
      const bare = !state.options().cookies || answer.headers["set-cookie"] !== undefined
      return bare ? answer : withCookies(answer, request, randomUUID())
    }
    return answeredAfterLatency(state.clock, state.options, work, signal)
  },
  faults: {
    "rate-limited": () => tooMany(429),
    "rate-limited-200": () => tooMany(200),
    "service-offline": () => ({ status: 503, headers: {}, body: "" })
  }
})
