// Compiled by each TypeScript under each `module`, and never run: every public entry, with types that are not `any`.
import { Injectable, Module } from "@nestjs/common"
import {
  type BusinessCloudClient,
  businessCloud,
  type CoordinationPort,
  createSageAuth,
  type IntacctXmlClient,
  intacctXml,
  isSageAuthError,
  type StorePort,
  x3
} from "@sage-auth/core"
import { advise, type Advised, type Answers, findTable, render } from "@sage-auth/core/advice"
import { type ConnectionSettings, inspectApplication, inspectConnection } from "@sage-auth/core/inspect"
import { coordinationSuite, storeSuite } from "@sage-auth/core/testing"
import { readBody, type WebReply, webOf } from "@sage-auth/core/web"
import { sageAuth } from "@sage-auth/express"
import { InjectSageClient, type InjectedSageClient, SageAuthModule } from "@sage-auth/nest"
import { SageAuthTestingModule, SageSandbox } from "@sage-auth/nest/testing"
import { migrations, type PostgresPool, postgresCoordination, postgresStore } from "@sage-auth/postgres"
import { type RedisClient, redisCoordination, redisMeters } from "@sage-auth/redis"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import express from "express"

export const sage = createSageAuth({
  connections: {
    books: businessCloud({ clientId: "id", clientSecret: "secret", redirectUri: "https://app.example/sage/callback" }),
    ledger: intacctXml({
      sender: { id: "acme", password: "secret" },
      login: { companyId: "acme", userId: "xml_gateway", password: "secret" }
    })
  }
})

export const books: BusinessCloudClient = sage.client("books")
export const ledger: IntacctXmlClient = sage.client("ledger")
// @ts-expect-error -- a name that no connection has
export const misspelt = sage.client("boks")
// @ts-expect-error -- a client of another kind
export const mistaken: BusinessCloudClient = sage.client("ledger")

export const records = async (): Promise<ReadonlyArray<object>> => {
  const [vendors] = await ledger.execute([{ readByQuery: { object: "VENDOR", fields: "*", query: "" } }])
  return (await vendors?.records()) ?? []
}

export const remedyOf = (thrown: unknown): string | undefined =>
  isSageAuthError(thrown) && thrown.reason._tag === "Misconfigured" ? thrown.reason.issues[0]?.expected : undefined
export const found: ReadonlyArray<{ readonly line: number }> = x3.lintNodelocal("exports.config = {}").findings

export const advised = (answers: Answers): Advised => advise(answers)
export const flow = advise({ product: "business-cloud" }).outcome === "recommendation"
// @ts-expect-error -- an answer that no question has
export const unanswerable = advise({ product: "sage50" })
export const printed = (name: string): string => {
  const table = findTable(name)
  return table === undefined ? "" : render(table, "csv")
}

export const settings = (): Promise<ConnectionSettings> => inspectConnection(sage, "books")
export const keys: number = inspectApplication(sage).keys
// @ts-expect-error -- nothing that createSageAuth returned
export const nothing = inspectApplication({})

export const suite = (open: () => StorePort): void =>
  storeSuite({ name: "store", open, durable: true, describe: (_name, body) => body(), it: (_name, body) => body() })
export const queue = (open: () => CoordinationPort): void =>
  coordinationSuite({
    name: "pools",
    open,
    shared: true,
    describe: (_name, body) => body(),
    it: (_name, body) => body()
  })
const unsaid = { name: "store", describe: () => {}, it: () => {} }
// @ts-expect-error -- durable is not said
export const incomplete = (open: () => StorePort): void => storeSuite({ ...unsaid, open })

export const handle = async (): Promise<WebReply | undefined> =>
  webOf<typeof sage.connections, object>(sage).failed(new Error("of the application"), {
    method: "GET",
    url: "/",
    path: "/",
    mount: undefined,
    confined: true,
    header: () => undefined,
    secure: true,
    caller: webOf<typeof sage.connections, object>(sage).caller({}),
    body: async () => undefined
  })
export const read: typeof readBody = readBody

const auth = sageAuth(sage, { tenant: (req) => req.get("x-company") })
export const app = express()
app.use(auth)
app.get("/contacts", auth.requires("books"), (req, res) => {
  const own: BusinessCloudClient = auth.client(req, "books")
  res.json(own.tenant)
})
app.use(auth.errors)
// @ts-expect-error -- a name that no connection has
export const unguarded = auth.requires("boks")

@Injectable()
export class Contacts {
  readonly books: InjectedSageClient<BusinessCloudClient>

  constructor(@InjectSageClient("books") books: InjectedSageClient<BusinessCloudClient>) {
    this.books = books
  }

  of(tenant: string): BusinessCloudClient {
    return this.books.forTenant(tenant)
  }
}

@Module({
  imports: [
    SageAuthModule.forRoot({ connections: sage.connections, tenant: (request) => request.headers["x-company"] })
  ],
  providers: [Contacts]
})
export class AppModule {}

// neither driver's own types are needed
export const shared = (pool: PostgresPool, client: RedisClient) => ({
  store: { ...postgresStore({ pool }), meters: redisMeters({ client }) } satisfies StorePort,
  coordination: [postgresCoordination({ pool }), redisCoordination({ client })] satisfies Array<CoordinationPort>
})
export const statements: ReadonlyArray<string> = migrations().map(({ sql }) => sql)
// @ts-expect-error -- a client that cannot be asked anything
export const unusable = redisCoordination({ client: {} })

export const testing = SageAuthTestingModule.forRoot({ connections: (sandbox) => sandbox.connections() })
export const clockOf = (sage: SageSandbox): Sandbox<"manual">["clock"] => sage.sandbox.clock
export const start = async (): Promise<string> => (await startSandbox({ clock: "manual" })).urls["intacct-xml"].xml
