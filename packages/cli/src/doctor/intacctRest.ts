import { catalogue, type IntacctRestClient, isSageAuthError } from "@sage-auth/core"
import type { ConnectionSettings } from "@sage-auth/core/inspect"
import { moment } from "../Output.ts"
import { type Check, deadline, failed, ofAnswer, ofError, ok, type Patient, skipped, stage } from "./Check.ts"
import { claimsInWords, claimsOf, consentChecks, headersOf } from "./consent.ts"
import { companyChecks, metered } from "./intacct.ts"
import { bearerCall, form, type Manual, word } from "./manual.ts"

const surface = "intacct-rest"

const clientOf = ({ sage, settings }: Patient): IntacctRestClient =>
  sage.client(settings.connection, { tenant: settings.tenant })

const byConsent = ({ settings }: Patient): boolean => settings.flow === "authorization-code"

const consented = skipped("A human's consent stands behind this connection.")

const session = (patient: Patient) => patient.attempt("session", () => clientOf(patient).session({ deadline }))

/** The card's command, with `username` whole and everything encoded. */
const tokenByHand = ({ flow, ids, urls }: ConnectionSettings): Manual | undefined => {
  const { clientId = "", username } = ids
  if (flow !== "client-credentials" || username === undefined) return undefined
  return {
    command: form(
      urls["token"] ?? "",
      { grant_type: "client_credentials", client_id: clientId, username },
      { name: "client_secret", variable: "INTACCT_CLIENT_SECRET" }
    ),
    variables: { INTACCT_CLIENT_SECRET: "the client's secret" },
    verify: "JSON with an access_token. The username has the company in it, and its case counts",
    expects: /"access_token":/
  }
}

const apiByHand = ({ urls }: ConnectionSettings): Manual => ({
  command: bearerCall(`${urls["api"] ?? ""}/services/core/session/id`, "INTACCT_ACCESS_TOKEN"),
  variables: { INTACCT_ACCESS_TOKEN: "an access token: `sage-auth headers <connection> --reveal` prints one" },
  verify: "JSON with a sessionId under ia::result. It bills no transaction",
  expects: /"sessionId":/
})

/** `userId@companyId|entityId` */
const entityOf = ({ ids }: ConnectionSettings): string | undefined => ids["username"]?.split("|")[1]

const queryFor = (entity: string): object => ({
  object: "company-config/entity",
  fields: ["id"],
  filters: [{ $eq: { id: entity } }],
  size: 1
})

/** The user that a username names which Intacct refuses. */
const usernameIds: ReadonlySet<string> = new Set([
  "intacct-rest.tenant-missing",
  "intacct-rest.username-missing",
  "intacct.invalid-request"
])

const [client, ...consent] = consentChecks(surface)
const grantChecks = consent.filter(({ id }) => id !== `${surface}.token`)

/** Intacct's REST API. */
export const intacctRestChecks: ReadonlyArray<Check> = [
  ...(client === undefined ? [] : [client]),
  ...grantChecks,
  {
    id: `${surface}.company`,
    title: "Company of the username",
    says: "The username names a company that exists and is active.",
    surface,
    needs: [`${surface}.client`, `${surface}.keys`],
    run: async (patient) => {
      const { ids } = patient.settings
      if (byConsent(patient)) return consented
      if (ids["username"] === undefined) return skipped("The client acts for a session, which has its company.")
      return stage({
        attempt: headersOf,
        ids: usernameIds,
        ok: () => ok(`Intacct knows the company of ${ids["username"]}.`),
        passed: "Intacct knows the company, and refused something that it looks at later."
      })(patient)
    }
  },
  {
    id: `${surface}.authorized-client`,
    title: "Authorized Client Applications",
    says: "The company lists the client together with this user, whose case counts.",
    surface,
    needs: [`${surface}.company`],
    run: async (patient) => {
      if (byConsent(patient)) return consented
      const { ids, session: borrowed } = patient.settings
      if (borrowed !== undefined) {
        const found = await headersOf(patient)
        const ofSession = "error" in found && isSageAuthError(found.error) && found.error.id.startsWith("intacct-xml.")
        if (ofSession) return skipped(`Connection ${borrowed} has no session to lend.`)
      }
      const who = ids["username"] ?? `the user of ${borrowed ?? "the session"}`
      return stage({
        attempt: headersOf,
        ids: new Set(["intacct-rest.client-not-authorized", "intacct-rest.client-rejected"]),
        ok: () => ok(`The client may act for ${who}.`),
        passed: "Intacct did not complain of it, and refused something else.",
        remedy: () =>
          `The client and its secret are right. In Intacct, Company > Setup > Company > Security > Authorized Client Applications must list client ${ids["clientId"] ?? ""} with ${who}. Compare the user id letter by letter, upper and lower case too.`
      })(patient)
    },
    manual: tokenByHand
  },
  {
    id: `${surface}.token`,
    title: "Access token",
    says: "An access token can be had, and says whom it is for.",
    surface,
    needs: [`${surface}.authorized-client`, `${surface}.grant`],
    run: stage({
      attempt: headersOf,
      ids: undefined,
      ok: (headers) => ok(claimsInWords(claimsOf(headers))),
      passed: ""
    })
  },
  {
    id: `${surface}.api`,
    title: "API",
    says: "The API takes the token. It is asked for the token's session, which bills nothing.",
    surface,
    needs: [`${surface}.token`],
    run: stage({
      attempt: session,
      ids: undefined,
      ok: ({ endpoint, expiresAt }) =>
        ok(
          `It answers. The token's XML session is for ${new URL(endpoint).host} and ends unused at ${moment(expiresAt)}.`
        ),
      passed: ""
    }),
    manual: apiByHand
  },
  ...companyChecks(surface, `${surface}.token`),
  {
    id: `${surface}.entities`,
    title: "Entities",
    says: "The entity of the username gives a row: a restricted user gets empty answers and no error. With --deep.",
    surface,
    needs: [`${surface}.api`],
    run: async (patient) => {
      const entity = entityOf(patient.settings)
      if (entity === undefined) return skipped("No entity is named by the username.")
      if (!patient.deep) return skipped(metered)
      try {
        const response = await clientOf(patient).fetch("services/core/query", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(queryFor(entity)),
          deadline
        })
        if (!response.ok) return await ofAnswer(surface, response)
        const body = (await response.json()) as { readonly "ia::meta"?: { readonly totalCount?: unknown } }
        const count = Number(body["ia::meta"]?.totalCount ?? 0)
        return count > 0
          ? ok(`Entity ${entity} gave its row.`)
          : failed(`Entity ${entity} gave no row.`, catalogue["intacct-xml.entity-not-visible"].remedy)
      } catch (error) {
        return ofError(error)
      }
    },
    manual: (settings) => {
      const entity = entityOf(settings)
      if (entity === undefined) return undefined
      return {
        command: bearerCall(`${settings.urls["api"] ?? ""}/services/core/query`, "INTACCT_ACCESS_TOKEN", [
          '-H "Content-Type: application/json"',
          `-d ${word(JSON.stringify(queryFor(entity)))}`
        ]),
        variables: { INTACCT_ACCESS_TOKEN: "an access token: `sage-auth headers <connection> --reveal` prints one" },
        verify: "a totalCount above 0. It is a metered transaction",
        expects: /"totalCount": ?[1-9]/
      }
    }
  }
]
