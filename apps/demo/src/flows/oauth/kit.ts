import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { type CompletedAuthorization, createSageAuth, generateKey, type Sage } from "@sage-auth/core"
import type { Sandbox } from "@sage-auth/sandbox"
import { same } from "../../expect.ts"
import type { Stage } from "../../Flow.ts"
import type { Sent } from "../../Recorder.ts"

type SandboxConnections = ReturnType<Sandbox["connections"]>

/** An application with every connection of the sandbox. */
export type Application = Sage<SandboxConnections>

/** What only an authorization server can do. */
interface AuthorizationServer {
  readonly configure: (options: { readonly refreshReuse: "refused" | "revoke-family" | "accepted" }) => void
  readonly endGrants: () => unknown
}

/** What the flows of the OAuth surfaces differ in. */
export interface OAuthCase {
  readonly title: string
  /** the connection that a human consents to */
  readonly connection: "payables" | "books" | "erpSso" | "erpCloud"
  readonly surface: "intacct-rest" | "business-cloud" | "x3-web-services"
  readonly server: (sandbox: Sandbox<"manual">) => AuthorizationServer
  /** what is called, below the base of the API */
  readonly path: string
  /** a call then finds the token expired */
  readonly untilExpired: string
  /** a call then finds the token good, and past the point where it is renewed */
  readonly untilRenewal: string
}

/** Intacct's REST API, whose tokens say themselves that they live an hour. */
export const payables: OAuthCase = {
  title: "Intacct REST",
  connection: "payables",
  surface: "intacct-rest",
  server: ({ intacctRest }) => intacctRest,
  path: "objects/accounts-payable/vendor",
  untilExpired: "61 minutes",
  untilRenewal: "45 minutes"
}

/** Business Cloud Accounting, whose tokens live five minutes. */
export const books: OAuthCase = {
  title: "Business Cloud",
  connection: "books",
  surface: "business-cloud",
  server: ({ businessCloud }) => businessCloud,
  path: "contacts",
  untilExpired: "6 minutes",
  untilRenewal: "4 minutes"
}

/** X3's web services on premise, with tokens of the customer's identity provider, which live an hour. */
export const erpSso: OAuthCase = {
  title: "X3, OAuth2 on premise",
  connection: "erpSso",
  surface: "x3-web-services",
  server: ({ x3 }) => x3.identityProvider,
  path: "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query",
  untilExpired: "61 minutes",
  untilRenewal: "45 minutes"
}

/** X3 Online, which takes nothing else. */
export const erpCloud: OAuthCase = { ...erpSso, title: "X3 Online", connection: "erpCloud" }

/** An application with every connection of the sandbox. */
export const openApplication = (
  { sandbox, settings }: Stage,
  differs: Pick<Parameters<typeof createSageAuth>[0], "store" | "keys" | "keepAlive"> = {}
): Application => createSageAuth({ connections: sandbox.connections(), ...settings, ...differs })

/** The human goes through the pages of the sandbox, and the application takes the callback: a step of its own. */
export const consent = (
  { sandbox, step }: Stage,
  sage: Application,
  { connection }: OAuthCase
): Promise<CompletedAuthorization> =>
  step(
    "a human consents",
    async () => {
      const { cookie, url } = await sage.client(connection).authorize({ returnTo: "/settings" })
      return sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
    },
    ({ connection: connected }) => `${connected} is connected`
  )

/** Calls, and reads the answer, which gives its permit of the pool back. */
export const call = async (
  sage: Application,
  { connection, path: called }: OAuthCase,
  options: { readonly deadline?: string } = {}
): Promise<number> => {
  const response = await sage.client(connection).fetch(called, options)
  await response.text()
  return response.status
}

/** Many calls at once; fails unless all of them are answered. */
export const callManyTimes = async (sages: ReadonlyArray<Application>, of: OAuthCase, each: number) => {
  const statuses = await Promise.all(sages.flatMap((sage) => Array.from({ length: each }, () => call(sage, of))))
  same("successes", statuses.filter((status) => status === 200).length, sages.length * each)
  return statuses.length
}

/** How many of these requests refreshed a token. */
export const refreshesIn = (requests: ReadonlyArray<Sent>): number =>
  requests.filter(({ grantType }) => grantType === "refresh_token").length

/** Runs something with a SQLite file of its own, which is removed afterwards. */
export const withStore = async <A>(
  use: (shared: { readonly store: `sqlite:${string}`; readonly keys: ReadonlyArray<string> }) => Promise<A>
): Promise<A> => {
  const directory = mkdtempSync(path.join(tmpdir(), "sage-auth-demo-"))
  try {
    return await use({ store: `sqlite:${path.join(directory, "grants.db")}`, keys: [generateKey()] })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Passes a quarter without a call, with `keepAlive()` every week; gives how many grants were renewed. */
export const keepAliveForQuarter = async ({ sandbox }: Stage, sage: Application): Promise<number> => {
  let renewed = 0
  for (let week = 0; week < 13; week++) {
    await sandbox.clock.advance("7 days")
    const pass = await sage.keepAlive()
    same("failures", pass.failed.length, 0)
    renewed += pass.renewed
  }
  return renewed
}
