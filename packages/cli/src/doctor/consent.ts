import {
  createSageAuth,
  explain,
  type Interactive,
  isSageAuthError,
  type SageAuthError,
  type Status,
  type Surface
} from "@sage-auth/core"
import { clientAlone, type ConnectionSettings } from "@sage-auth/core/inspect"
import { moment } from "../Output.ts"
import {
  type Attempt,
  type Check,
  dayOf,
  daysTo,
  deadline,
  failed,
  type Finding,
  ofError,
  ok,
  type Patient,
  saysNothing,
  skipped,
  warning
} from "./Check.ts"
import type { Manual } from "./manual.ts"

/** The client of a connection, as far as this room needs it. */
interface GrantClient extends Partial<Interactive> {
  status(): Promise<Status>
  headers(options?: { readonly deadline: string }): Promise<Readonly<Record<string, string>>>
}

const clientOf = ({ sage, settings }: Patient): GrantClient =>
  sage.client(settings.connection, { tenant: settings.tenant })

/** Whether the store has anything of a connection: client credentials keep their token there. */
const isStored = (settings: ConnectionSettings): boolean =>
  isGranted(settings) || settings.flow === "client-credentials"

/** Whether a human's grant stands behind a connection. */
const isGranted = ({ flow }: ConnectionSettings): boolean => flow === "authorization-code" || flow === "pairing"

const noHuman = skipped("No human consents to this connection.")

/** What the server said to a code that it never gave. */
export const codeTrial = (patient: Patient): Promise<Attempt<never>> =>
  patient.attempt("code", async () => {
    const { application, sage, settings } = patient
    const connection = clientAlone(sage.connections[settings.connection] as never)
    if (connection === undefined) throw new Error("no client")
    // an application of its own, in memory: nothing of this touches the user's grants
    const own = createSageAuth({
      connections: { trial: connection },
      store: "memory:",
      log: false,
      ...(application.now === undefined ? {} : { clock: { now: application.now } })
    })
    try {
      const client = own.client("trial", { tenant: settings.tenant }) as unknown as Required<Interactive>
      const { cookie, url } = await client.authorize({ returnTo: "/" })
      const state = new URL(url).searchParams.get("state") ?? ""
      const code = settings.flow === "pairing" ? "authorizationCode" : "code"
      const callback = new URL(settings.redirectUri ?? "https://sage-auth.invalid/doctor")
      const answer = { [code]: "sage-auth-doctor", state }
      if (settings.flow === "pairing") await own.completeAuthorization({ url: callback, cookie, body: answer })
      else {
        for (const [name, value] of Object.entries(answer)) callback.searchParams.set(name, value)
        await own.completeAuthorization({ url: callback, cookie })
      }
      throw new Error("the server took a code that it never gave")
    } finally {
      await own.close()
    }
  })

/** Ids by which servers refuse the client itself. */
const clientIds: ReadonlySet<string> = new Set([
  "intacct.invalid-request",
  "intacct-rest.client-rejected",
  "intacct-rest.client-not-authorized",
  "intacct-rest.several-client-ids",
  "intacct-rest.client-id-missing",
  "business-cloud.client-rejected",
  "business-cloud.client-not-authorized",
  "x3-web-services.client-rejected",
  "x3-gateway.client-unknown",
  "x3-gateway.application-disabled",
  "x3-gateway.token-rejected"
])

/** Ids by which servers say that they know the client, and never gave that code. */
const codeIds: ReadonlySet<string> = new Set([
  "intacct-rest.code-rejected",
  "business-cloud.code-rejected",
  "x3-web-services.code-rejected",
  "x3-gateway.pairing-unknown",
  "x3-gateway.pairing-expired",
  "x3-gateway.pairing-pending"
])

/** Whether the server knows the client and its secret: a code that it never gave must be refused for its own sake. */
export const clientFinding = async (patient: Patient): Promise<Finding> => {
  const { ids } = patient.settings
  const found = await codeTrial(patient)
  if (!("error" in found)) return skipped("The server took a code that it never gave.")
  const { error } = found
  const id = isSageAuthError(error) ? error.id : ""
  // the gateway's callbacks come without a cookie: what it says to a code is a callback that is refused
  const said = id === "client.callback-rejected" ? explain((error as SageAuthError).message) : []
  if (clientIds.has(id)) return ofError(error)
  if (codeIds.has(id) || said.some((entry) => codeIds.has(entry.id))) {
    return ok(
      `The server knows client ${ids["clientId"] ?? ""} and its secret: it refused a made-up code, not the client.`
    )
  }
  if (id === "x3-gateway.redirect-unknown") return ofError(error)
  // a server that did not answer is a finding; so is a request that it refuses from a client whose callback is registered
  const telling = saysNothing(error) || (patient.settings.interactive && id !== "client.callback-rejected")
  return isSageAuthError(error) && telling
    ? ofError(error)
    : skipped("The server's answer to a made-up code says nothing of the client.")
}

/** How long before its end a grant is worth a look: a week, which is how often keep-alive looks. */
const soon = 7

const stateFinding = ({ settings }: Patient, { grantExpiresAt, holder, state }: Status): Finding => {
  const { connection, tenant } = settings
  const login = `Run \`sage-auth login ${connection}${tenant === "default" ? "" : ` --tenant ${tenant}`}\`, or send a user to what authorize() gives.`
  switch (state) {
    case "connected":
      return ok(
        `A grant is held${grantExpiresAt === undefined ? "" : `, until ${moment(grantExpiresAt)} unless it is renewed`}.`
      )
    case "configured":
      return ok("Nothing was asked for yet, and no human is needed.")
    case "disconnected":
      return failed(`No user has consented for tenant ${tenant}, or it was disconnected.`, login)
    case "reauthorization-required":
      return failed("The grant is dead, or the server refused the credential: a user has to act.", login)
    case "pairing":
      return failed(
        "The pairing was begun, and no X3 user has accepted it.",
        "Have an X3 user with the security profile `thirdParties` accept it in X3, and choose the folders."
      )
    case "in-doubt":
      return warning(
        "A refresh token was sent and its answer was lost: it is not known whether the grant lives.",
        "The next renewal finds out. If it fails, a user has to consent again."
      )
    case "storing":
      return warning("A consent was given and the store is away: the grant is in memory.", "Bring the store back.")
    case "stalled":
      return failed(
        `Another process holds the lease of the grant: ${holder?.host ?? "unknown host"}, process ${holder?.processId ?? "unknown"}, for ${Math.round((holder?.heldFor ?? 0) / 1000)} seconds.`,
        "Look whether that process hangs, and end it."
      )
  }
}

const statusOf = (patient: Patient): Promise<Attempt<Status>> =>
  patient.attempt("status", () => clientOf(patient).status())

/** The claims of a token that say who it is for. All others stay out of sight: one of Intacct's is a session. */
const shownClaims = [
  "iss",
  "aud",
  "sub",
  "azp",
  "clientId",
  "cnyId",
  "userId",
  "entityId",
  "country",
  "scopes",
  "region"
]

/** What a token says of itself, without what is secret in it. */
export const claimsOf = (headers: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> => {
  const [, token = ""] = /^Bearer (.+)$/i.exec(headers["authorization"] ?? headers["Authorization"] ?? "") ?? []
  const payload = token.split(".")[1]
  if (payload === undefined || token.length > 65_536) return {}
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"))
    return typeof claims === "object" && claims !== null ? (claims as Readonly<Record<string, unknown>>) : {}
  } catch {
    // an opaque token
    return {}
  }
}

/** The claims that may be seen, in words. */
export const claimsInWords = (claims: Readonly<Record<string, unknown>>): string => {
  const shown = shownClaims.flatMap((name) => {
    const value = claims[name]
    return typeof value === "string" && value !== "" ? [`${name} ${value.slice(0, 80)}`] : []
  })
  const { exp } = claims
  const end = typeof exp === "number" && exp > 0 && exp < 1e11 ? [`until ${moment(exp * 1000)} by its own word`] : []
  return shown.length + end.length === 0 ? "It says nothing of itself." : `It says: ${[...shown, ...end].join(", ")}.`
}

/** The credential of a connection, had once. */
export const headersOf = (patient: Patient): Promise<Attempt<Readonly<Record<string, string>>>> =>
  patient.attempt("headers", () => clientOf(patient).headers({ deadline }))

/** The checks of what a human consents to, for one surface. */
export const consentChecks = (
  surface: Surface,
  manual: {
    readonly client?: Check["manual"]
    readonly token?: (settings: ConnectionSettings) => Manual | undefined
  } = {}
): ReadonlyArray<Check> => {
  const id = (name: string): string => `${surface}.${name}`
  return [
    {
      id: id("client"),
      title: "Client",
      says: "The server knows the client id and its secret. A made-up code shows it: it is refused for its own sake.",
      surface,
      needs: ["clock"],
      run: async (patient) => {
        const { sage, settings } = patient
        return clientAlone(sage.connections[settings.connection] as never) === undefined
          ? skipped("No server issued a client to this connection, or no human uses it.")
          : clientFinding(patient)
      },
      manual: manual.client
    },
    {
      id: id("keys"),
      title: "Keys",
      says: "What the store holds for this tenant opens with one of the `keys`.",
      surface,
      needs: ["store"],
      run: async (patient) => {
        const { application, settings } = patient
        if (!isStored(settings)) return skipped("The store has nothing of this connection.")
        const found = await statusOf(patient)
        if ("error" in found) return ofError(found.error)
        return application.ownKeys
          ? ok("One key, made for this process.")
          : ok(`${application.keys} ${application.keys === 1 ? "key" : "keys"}: what is stored opens.`)
      }
    },
    {
      id: id("grant"),
      title: "Grant",
      says: "A user has consented, and the grant lives.",
      surface,
      needs: [id("keys")],
      run: async (patient) => {
        if (!isGranted(patient.settings)) return noHuman
        const found = await statusOf(patient)
        return "error" in found ? ofError(found.error) : stateFinding(patient, found.value)
      }
    },
    {
      id: id("refresh-token"),
      title: "Refresh token",
      says: "The refresh token does not die unused in the next seven days.",
      surface,
      needs: [id("grant")],
      run: async (patient) => {
        const { application, now, settings } = patient
        if (!isGranted(settings)) return noHuman
        const found = await statusOf(patient)
        if ("error" in found) return ofError(found.error)
        const { grantExpiresAt, grantIssuedAt, refreshable } = found.value
        const renewal =
          "Run `sage-auth keep-alive` from a scheduler, or set `keepAlive` and keep a process of the application running."
        if (!refreshable) {
          return warning(
            "There is no refresh token: the grant ends with its access token.",
            "Ask for a scope with one, and authorize again."
          )
        }
        const every = application.keepAliveEvery
        const kept =
          every === undefined
            ? "Nothing renews it by itself."
            : `Keep-alive renews it every ${Math.round(every / 86_400_000)} days.`
        const issued =
          grantIssuedAt === undefined
            ? ""
            : `It was issued on ${dayOf(grantIssuedAt)}, ${daysTo(now(), Number(grantIssuedAt))} days ago. `
        if (grantExpiresAt === undefined) return ok(`${issued}Its end is not known. ${kept}`)
        const left = daysTo(grantExpiresAt, now())
        const shown = `${issued}It would die unused on ${dayOf(grantExpiresAt)}, in ${left} days. ${kept}`
        return left < soon ? warning(shown, renewal) : ok(shown)
      }
    },
    {
      id: id("token"),
      title: "Access token",
      says: "An access token can be had, and says whom it is for.",
      surface,
      needs: ["clock", id("client"), id("keys"), id("grant")],
      run: async (patient) => {
        const { flow } = patient.settings
        if (flow === "basic" || flow === "certificate") return skipped("This way in has no token.")
        const found = await headersOf(patient)
        return "error" in found ? ofError(found.error) : ok(claimsInWords(claimsOf(found.value)))
      },
      manual: manual.token
    }
  ]
}
