import { isSageAuthError, type GraphQLAnswer, type X3GraphQLClient } from "@sage-auth/core"
import { type Attempt, type Check, deadline, ok, type Patient, skipped, stage } from "./Check.ts"
import { basicCall, bearerCall, withStatus, word } from "./manual.ts"

const surface = "x3-graphql"

const clientOf = ({ sage, settings }: Patient): X3GraphQLClient =>
  sage.client(settings.connection, { tenant: settings.tenant })

const document = "{ __typename }"

const asked = (patient: Patient): Promise<Attempt<GraphQLAnswer<unknown> | undefined>> =>
  patient.attempt("query", async () => {
    try {
      return await clientOf(patient).query(document, undefined, { deadline })
    } catch (error) {
      // a caller that is told what is wrong with a document was let in
      if (isSageAuthError(error) && error.id === "x3-graphql.document-rejected") return undefined
      throw error
    }
  })

const later = "X3 did not complain of it, and refused something else."

const ofApp =
  (run: Check["run"]): Check["run"] =>
  async (patient) =>
    patient.settings.flow === "basic" ? skipped("User and password are shown, and no token is made.") : run(patient)

/** X3's GraphQL. */
export const x3GraphQLChecks: ReadonlyArray<Check> = [
  {
    id: `${surface}.clock`,
    title: "Issued in the past",
    says: "The server does not take tokens of this machine for ones of the future.",
    surface,
    needs: ["clock"],
    run: ofApp(
      stage({
        attempt: asked,
        ids: new Set(["x3-graphql.error-21"]),
        ok: () => ok("It takes their time of issue."),
        passed: later
      })
    )
  },
  {
    id: `${surface}.app`,
    title: "Connected application",
    says: "X3 has a connected application with this client id.",
    surface,
    needs: [`${surface}.clock`],
    run: ofApp(
      stage({
        attempt: asked,
        ids: new Set(["x3-graphql.error-41"]),
        ok: (_answer, { settings }) => ok(`X3 knows client ${settings.ids["clientId"]}.`),
        passed: "X3 knows the client id, and refused something else."
      })
    )
  },
  {
    id: `${surface}.secret`,
    title: "Secret",
    says: "Tokens are signed with the application's secret, and live no longer than it allows.",
    surface,
    needs: [`${surface}.app`],
    run: ofApp(
      stage({
        attempt: asked,
        ids: new Set(["x3-graphql.error-50"]),
        ok: (_answer, { settings }) => ok(`The signature is right, and ${settings.tokenLife} seconds are allowed.`),
        passed: later
      })
    )
  },
  {
    id: `${surface}.audience`,
    title: "Audience",
    says: "Tokens are for the URL that is registered, letter by letter.",
    surface,
    needs: [`${surface}.secret`],
    run: ofApp(
      stage({
        attempt: asked,
        ids: new Set(["x3-graphql.error-45"]),
        ok: (_answer, { settings }) => ok(`Tokens for ${settings.ids["audience"] ?? "no audience"} are taken.`),
        passed: later
      })
    )
  },
  {
    id: `${surface}.user`,
    title: "Allowed user",
    says: "The user is the one that the application is allowed.",
    surface,
    needs: [`${surface}.audience`],
    run: stage({
      attempt: asked,
      ids: new Set(["x3-graphql.error-42", "x3-graphql.basic-rejected"]),
      ok: (_answer, { settings }) => ok(`X3 knows ${settings.ids["user"] ?? "the application's user"}.`),
      passed: later
    })
  },
  {
    id: `${surface}.api`,
    title: "API",
    says: "The API answers a query, in the endpoint that is configured.",
    surface,
    needs: ["clock", `${surface}.user`],
    run: stage({
      attempt: asked,
      ids: undefined,
      ok: (_answer, { settings }) => ok(`It answers in endpoint ${settings.ids["endpoint"]}.`),
      passed: ""
    }),
    manual: ({ flow, ids, urls }) => {
      const options = [
        '-H "Content-Type: application/json"',
        `-H ${word(`x-xtrem-endpoint: ${ids["endpoint"] ?? ""}`)}`,
        `-d ${word(JSON.stringify({ query: document }))}`,
        withStatus
      ]
      const basic = flow === "basic"
      return {
        command: basic
          ? basicCall(urls["api"] ?? "", ids["user"] ?? "", "X3_PASSWORD", options)
          : bearerCall(urls["api"] ?? "", "X3_TOKEN", options),
        variables: basic
          ? { X3_PASSWORD: "the user's password" }
          : { X3_TOKEN: "a token: `sage-auth headers <connection> --reveal` prints one" },
        verify: "no HTTP 401: `Error NN: Invalid token` says what is wrong with a token, see `sage-auth explain`",
        expects: /HTTP (?!401|403|000)\d+/
      }
    }
  }
]
