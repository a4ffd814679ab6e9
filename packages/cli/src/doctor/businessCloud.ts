import type { Business, BusinessCloudClient } from "@sage-auth/core"
import type { ConnectionSettings } from "@sage-auth/core/inspect"
import { type Attempt, type Check, deadline, failed, ofAnswer, ofError, ok, type Patient, stage } from "./Check.ts"
import { consentChecks } from "./consent.ts"
import { bearerCall, form, type Manual, withStatus, word } from "./manual.ts"

const surface = "business-cloud"

const clientOf = ({ sage, settings }: Patient): BusinessCloudClient =>
  sage.client(settings.connection, { tenant: settings.tenant })

const businesses = (patient: Patient): Promise<Attempt<ReadonlyArray<Business>>> =>
  patient.attempt("businesses", () => clientOf(patient).businesses({ deadline }))

const contacts = (patient: Patient): Promise<Attempt<Response>> =>
  patient.attempt("contacts", () => clientOf(patient).fetch("contacts?items_per_page=1", { deadline }))

/** A made-up code: a client that is right is not what the server complains of. */
const clientByHand = ({ ids, redirectUri, urls }: ConnectionSettings): Manual => ({
  command: form(
    urls["token"] ?? "",
    {
      grant_type: "authorization_code",
      client_id: ids["clientId"] ?? "",
      code: "made-up",
      code_verifier: "made-up-".repeat(6),
      redirect_uri: redirectUri ?? ""
    },
    { name: "client_secret", variable: "BUSINESS_CLOUD_CLIENT_SECRET" },
    ['-H "Accept: application/json"']
  ),
  variables: { BUSINESS_CLOUD_CLIENT_SECRET: "the client's secret" },
  verify: "invalid_grant, which is about the code. invalid_client is about the client",
  expects: /"invalid_grant"/
})

const headersByHand = (settings: ConnectionSettings): ReadonlyArray<string> => [
  ...(settings.threeHeaders
    ? [
        '-H "ocp-apim-subscription-key: $BUSINESS_CLOUD_SUBSCRIPTION_KEY"',
        '-H "X-Site: $BUSINESS_CLOUD_RESOURCE_OWNER"'
      ]
    : []),
  ...(settings.ids["business"] === undefined ? [] : [`-H ${word(`X-Business: ${settings.ids["business"]}`)}`]),
  withStatus
]

const variables = ({ threeHeaders }: ConnectionSettings): Readonly<Record<string, string>> => ({
  BUSINESS_CLOUD_ACCESS_TOKEN: "an access token: `sage-auth headers <connection> --reveal` prints one",
  ...(threeHeaders
    ? {
        BUSINESS_CLOUD_SUBSCRIPTION_KEY: "the developer subscription's key",
        BUSINESS_CLOUD_RESOURCE_OWNER: "the resource owner's id"
      }
    : {})
})

/** Business Cloud Accounting. */
export const businessCloudChecks: ReadonlyArray<Check> = [
  ...consentChecks(surface, { client: clientByHand }),
  {
    id: `${surface}.headers`,
    title: "Headers",
    says: "No header is missing: v3.1 needs the token alone, the edition before it needs three.",
    surface,
    needs: [`${surface}.token`],
    run: stage({
      attempt: businesses,
      ids: new Set(["business-cloud.header-missing", "business-cloud.subscription-key-missing"]),
      ok: (_list, { settings }) =>
        ok(
          settings.threeHeaders
            ? "The token, subscription key and resource owner were taken."
            : "The access token alone was taken."
        ),
      passed: "No header was missed, and something else was refused."
    })
  },
  {
    id: `${surface}.business`,
    title: "Business",
    says: "The consenting user sees the business that is configured, or a lead business.",
    surface,
    needs: [`${surface}.headers`],
    run: stage({
      attempt: businesses,
      ids: undefined,
      ok: (seen, { settings }) => {
        const wanted = settings.ids["business"]
        const [lead] = seen
        const names = seen
          .slice(0, 5)
          .map(({ id, name }) => `${name} (${id})`)
          .join(", ")
        if (lead === undefined) return failed("The user sees no business.", "Sign in to Sage as the user, and look.")
        if (wanted === undefined)
          return ok(`No \`business\` is configured, so the lead business answers. Seen: ${names}.`)
        const found = seen.find(({ id }) => id === wanted)
        return found === undefined
          ? failed(
              `The user does not see business ${wanted}. Seen: ${names}.`,
              "Set `business` to one that is seen, or have its owner invite the user."
            )
          : ok(`The user sees ${found.name}.`)
      },
      passed: ""
    }),
    manual: (settings) => ({
      command: bearerCall(
        `${settings.urls["api"] ?? ""}/businesses`,
        "BUSINESS_CLOUD_ACCESS_TOKEN",
        headersByHand(settings)
      ),
      variables: variables(settings),
      verify: "JSON with the businesses under $items, and HTTP 200",
      expects: /"\$items"[^]*HTTP 200/
    })
  },
  {
    id: `${surface}.subscription`,
    title: "Subscription and rights",
    says: "The business has an active subscription, and the user may read its contacts.",
    surface,
    needs: [`${surface}.business`],
    run: async (patient) => {
      const found = await contacts(patient)
      if ("error" in found) return ofError(found.error)
      return found.value.ok
        ? ok("The subscription is active, and contacts can be read.")
        : ofAnswer(surface, found.value)
    },
    manual: (settings) => ({
      command: bearerCall(
        `${settings.urls["api"] ?? ""}/contacts?items_per_page=1`,
        "BUSINESS_CLOUD_ACCESS_TOKEN",
        headersByHand(settings)
      ),
      variables: variables(settings),
      verify: "JSON with $items, the contacts, and HTTP 200",
      expects: /"\$items"[^]*HTTP 200/
    })
  }
]
