import { generateKey, type Interactive, type Settings, x3, type X3Auth, type X3OnPremiseOptions } from "@sage-auth/core"
import { SageAuth } from "@sage-auth/core/effect"
import type { Sandbox, SandboxOptions } from "@sage-auth/sandbox"
import { Effect, type Scope } from "effect"
import type { ClientCertificate } from "../../../packages/sandbox/src/x3/certificates.ts"
import { type Cage, plantedText } from "../canary.ts"
import { cagedSettings, learnCookie, Learning, sandboxOf, type Tamper } from "../oauth/cage.ts"
import { ownToken } from "./world.ts"

/** The secrets that a test makes, all of them canaries. */
export interface X3Secrets {
  readonly key: string
  readonly certificate: ClientCertificate
  /** beyond ASCII, as the login is */
  readonly password: string
  /** of the connected app, of the application at the identity provider, and of that at the gateway */
  readonly app: string
  readonly idp: string
  readonly gateway: string
  /** right for nobody */
  readonly wrong: string
}

type AnySandbox = Sandbox<"manual">

/** Options of the connections, in parts that a test replaces; anything that JavaScript may give. */
export interface X3CageOptions {
  /** `false` leaves the connections with certificates out, which take longer to check than all others: default `true` */
  readonly certificates?: boolean | undefined
  readonly sandbox?: SandboxOptions["x3"] | undefined
  readonly basic?: object | undefined
  readonly certificate?: object | undefined
  readonly oauth2?: object | undefined
  readonly clientCredentials?: object | undefined
  readonly bearer?: ((token: () => Promise<string>) => unknown) | undefined
  readonly erp?: Partial<X3OnPremiseOptions> | object | undefined
  readonly graph?: object | undefined
  readonly app?: object | undefined
  readonly gateway?: object | undefined
  readonly settings?: Settings | undefined
  readonly tamper?: Tamper | undefined
}

const login = "zoë"

const connectionsOf = (sandbox: AnySandbox, secrets: X3Secrets, learning: Learning, options: X3CageOptions) => {
  const { accounts, ca, urls } = sandbox
  const { oauth2 } = accounts["x3-web-services"]
  const { onPremise, tls } = urls["x3-web-services"]
  const { app, endpoint } = accounts["x3-graphql"]
  const { clientId, customer, redirectUri, scope } = accounts["x3-gateway"]
  const environment = "sandbox"
  const { cert, encryptedKey, passphrase, pfx } = secrets.certificate
  const { authorizeUrl, revokeUrl, tokenUrl } = oauth2
  const idp = { tokenUrl, clientId: oauth2.clientId, clientSecret: secrets.idp }
  const token = async () => learning.add("supplied token", await ownToken(sandbox, secrets.idp))
  const erp = <A extends X3Auth>(auth: A, more: object = {}) =>
    x3.onPremise<A>({ baseUrl: onPremise, auth, environment, ...options.erp, ...more } as X3OnPremiseOptions<A>)
  const certificates = {
    erpTls: erp(x3.certificate({ pfx, passphrase, ca, ...options.certificate }), { baseUrl: tls }),
    erpPair: erp(x3.certificate({ cert, key: encryptedKey, passphrase, ca }), { baseUrl: tls })
  }
  return {
    erp: erp(x3.basic({ user: login, password: secrets.password, ...options.basic })),
    ...(options.certificates === false ? ({} as typeof certificates) : certificates),
    erpSso: erp(
      x3.oauth2({
        ...idp,
        authorizeUrl,
        revokeUrl,
        redirectUri: oauth2.redirectUri,
        scope: oauth2.scope,
        ...options.oauth2
      })
    ),
    erpMachine: erp(x3.clientCredentials({ ...idp, clientAuthentication: "basic", ...options.clientCredentials })),
    erpOwn: erp(x3.bearer((options.bearer?.(token) ?? token) as () => Promise<string>)),
    graph: x3.graphql({
      url: urls["x3-graphql"].api,
      endpoint,
      app: { clientId: app.clientId, clientSecret: secrets.app, user: app.user, ...options.app },
      environment,
      ...options.graph
    }),
    graphBasic: x3.graphql({
      url: urls["x3-graphql"].api,
      endpoint,
      auth: x3.basic({ user: login, password: secrets.password }),
      deployment: "on-premise",
      environment
    }),
    gateway: x3.gateway({
      rootUrl: urls["x3-gateway"].root,
      clientId,
      clientSecret: secrets.gateway,
      redirectUri,
      customer,
      scope,
      deletion: { method: "DELETE", path: "token" },
      environment,
      ...options.gateway
    })
  }
}

/** A callback, and the cookie that belongs to it where it comes with one. */
export interface X3Callback {
  readonly url: string
  readonly cookie?: string | undefined
  readonly body?: string | undefined
}

/** A cage with the servers of an X3 customer and an application whose every secret is a canary. */
export interface X3Cage extends Cage {
  readonly sandbox: AnySandbox
  readonly sage: SageAuth.SageService<ReturnType<typeof connectionsOf>>
  readonly secrets: X3Secrets
  readonly learn: (kind: string, secret: string) => string
  /** sends a human to consent, or an X3 user to accept; the callback is not taken yet */
  readonly begin: (
    connection: "erpSso" | "gateway",
    options?: { readonly decide?: boolean | undefined; readonly tenant?: string | undefined }
  ) => Effect.Effect<X3Callback, unknown>
  readonly consent: (connection: "erpSso" | "gateway", tenant?: string) => Effect.Effect<unknown, unknown>
}

/** The base64 of a private key that no certificate shows: what is in front of it is alike in all keys of that curve. */
const privatePart = (pem: string): string => {
  const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64")
  return der.subarray(36, 66).toString("base64")
}

/** One for all cages of this process, since it takes a moment: their sandboxes have one authority. */
let issued: Promise<ClientCertificate> | undefined

const makeSecrets = async ({ canaries }: Cage, sandbox: AnySandbox, learning: Learning): Promise<X3Secrets> => {
  issued ??= sandbox.x3.issueCertificate({ commonName: login, passphrase: plantedText() })
  const certificate = await issued
  canaries.add("passphrase", certificate.passphrase)
  canaries.add("private key", privatePart(certificate.key))
  canaries.add("encrypted key", certificate.encryptedKey.split("\n")[3] ?? "")
  const secrets: X3Secrets = {
    key: learning.add("key", generateKey()),
    certificate,
    password: `${canaries.plant("password")}ß€漢`,
    app: canaries.plant("secret of the connected app"),
    idp: canaries.plant("secret at the identity provider"),
    gateway: canaries.plant("secret at the gateway"),
    wrong: canaries.plant("wrong secret")
  }
  const { accounts, urls, x3: control } = sandbox
  control.addUser({ login, password: secrets.password })
  control.addConnectedApp({
    ...accounts["x3-graphql"].app,
    clientSecret: secrets.app,
    url: urls["x3-graphql"].api,
    tokensValidity: 600
  })
  control.identityProvider.setClientSecret(accounts["x3-web-services"].oauth2.clientId, secrets.idp)
  control.gateway.setClientSecret(accounts["x3-gateway"].clientId, secrets.gateway)
  return secrets
}

const names = ["erp", "erpTls", "erpPair", "erpSso", "erpMachine", "erpOwn", "graph", "graphBasic", "gateway"] as const

/** Opens a sandbox and an application, and runs a flow on them. */
export const x3Cage =
  (options: X3CageOptions, flow: (cage: X3Cage) => Effect.Effect<unknown, unknown, Scope.Scope>) =>
  (cage: Cage): Effect.Effect<unknown, unknown, Scope.Scope> =>
    Effect.gen(function* () {
      const { canaries, watch } = cage
      const learning = new Learning(canaries)
      const sandbox = yield* sandboxOf({ x3: options.sandbox })
      const secrets = yield* Effect.promise(() => makeSecrets(cage, sandbox, learning))
      const connections = connectionsOf(sandbox, secrets, learning, options)
      watch.note("connection", connections)
      const sage = yield* SageAuth.make({ connections, ...cagedSettings(sandbox, learning, secrets.key, options) })
      watch.note("client", sage)
      for (const name of names) if (name in connections) watch.note("client", sage.client(name))
      yield* cage.events(sage.events)
      const begin: X3Cage["begin"] = (connection, { decide, tenant } = {}) =>
        Effect.gen(function* () {
          const client: Interactive<"effect"> = sage.client(connection, tenant === undefined ? {} : { tenant })
          const { cookie, url } = yield* client.authorize({ returnTo: "/settings" })
          learnCookie(learning, cookie)
          const callback: X3Callback = yield* Effect.promise(async () =>
            connection === "gateway"
              ? sandbox.x3.pairingCallback(url, { decide })
              : { url: await sandbox.approve(url), cookie }
          )
          learning.add("code", new URL(callback.url).searchParams.get("code"))
          learning.add("authorization code", new URLSearchParams(callback.body).get("authorizationCode"))
          return { url: callback.url, cookie: callback.cookie, body: callback.body }
        })
      return yield* flow({
        ...cage,
        sandbox,
        sage,
        secrets,
        learn: (kind, secret) => learning.add(kind, secret),
        begin,
        consent: (connection, tenant) =>
          Effect.flatMap(begin(connection, { tenant }), (callback) => sage.completeAuthorization(callback))
      })
    })
