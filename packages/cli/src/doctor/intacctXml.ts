import { catalogue, type IntacctXmlClient, isSageAuthError, type SessionHandover } from "@sage-auth/core"
import type { ConnectionSettings } from "@sage-auth/core/inspect"
import { moment } from "../Output.ts"
import {
  type Attempt,
  type Check,
  daysTo,
  deadline,
  failed,
  ofError,
  ok,
  type Patient,
  skipped,
  stage,
  warning
} from "./Check.ts"
import { companyChecks, metered } from "./intacct.ts"
import { inXml, type Manual, word } from "./manual.ts"

const surface = "intacct-xml"

const clientOf = ({ sage, settings }: Patient): IntacctXmlClient =>
  sage.client(settings.connection, { tenant: settings.tenant })

/** What a login gave; nothing of a session where each request signs in by itself. */
type SignedIn = Pick<SessionHandover, "endpoint" | "expiresAt"> | undefined

/**
 * One login shows sender, company, authorisation, user and session. Opening a session bills nothing by Sage's pages.
 */
const signIn = (patient: Patient): Promise<Attempt<SignedIn>> =>
  patient.attempt("session", async () => {
    const client = clientOf(patient)
    if (!patient.settings.loginEachTime) return client.session({ deadline })
    try {
      // a function that bills nothing: the definition of an object
      await client.execute([{ inspect: { object: "LOCATIONENTITY" } }], { deadline })
    } catch (error) {
      // a function that failed was run for somebody who had signed in
      const ran = isSageAuthError(error) && ["FunctionFailed", "PermissionDenied"].includes(error.reason._tag)
      if (!ran) throw error
    }
    return undefined
  })

const shows =
  (say: (settings: ConnectionSettings) => string) =>
  (_session: SignedIn, { settings }: Patient) =>
    ok(say(settings))

/**
 * `getAPISession` by hand: what the card shows, with ids that are escaped and secrets that are not in a list of
 * processes.
 */
const getSession = ({ ids, urls }: ConnectionSettings): Manual => {
  const [companyId = "", ...packed] = (ids["companyId"] ?? "").split("|")
  const entity = ids["entityId"]
  return {
    command: `curl -s -X POST ${word(urls["xml"] ?? "")} -H "Content-Type: application/xml" --data-binary @- <<XML
<?xml version="1.0" encoding="UTF-8"?>
<request><control><senderid>${inXml(ids["senderId"] ?? "")}</senderid><password>$INTACCT_SENDER_PASSWORD</password><controlid>doctor</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication><login><userid>${inXml(ids["userId"] ?? "")}</userid><companyid>${inXml([companyId, ...packed].join("|"))}</companyid><password>$INTACCT_USER_PASSWORD</password>${ids["clientId"] === undefined ? "" : `<clientid>${inXml(ids["clientId"])}</clientid>`}${entity === undefined ? "" : `<locationid>${inXml(entity)}</locationid>`}</login></authentication><content><function controlid="session"><getAPISession/></function></content></operation></request>
XML`,
    variables: {
      INTACCT_SENDER_PASSWORD: "the sender's password, with & and < written as &amp; and &lt;",
      INTACCT_USER_PASSWORD: "the user's password, written the same way"
    },
    verify: "<sessionid> and <endpoint>. The status is 200 also when it fails: read <status>, and then <errormessage>",
    expects: /<sessionid>[^<]+<\/sessionid>\s*<endpoint>/
  }
}

/** Intacct's XML API. */
export const intacctXmlChecks: ReadonlyArray<Check> = [
  {
    id: `${surface}.licence`,
    title: "Developer licence",
    says: "The Web Services developer licence, whose end is `sender.licenseExpires`, lasts for 60 days more.",
    surface,
    needs: ["options"],
    run: async ({ now, settings: { licenseExpires } }) => {
      if (licenseExpires === undefined) return skipped("`sender.licenseExpires` does not say when it ends.")
      const left = daysTo(Date.parse(`${licenseExpires}T23:59:59Z`), now())
      const { remedy } = catalogue["intacct-xml.license-expired"]
      if (left < 0) return failed(`It ended on ${licenseExpires}.`, remedy)
      const shown = `It lasts until ${licenseExpires}, ${left} days more.`
      return left <= 60
        ? warning(shown, "Renew it at Sage, then set `sender.licenseExpires` to the new day.")
        : ok(shown)
    }
  },
  {
    id: `${surface}.sender`,
    title: "Sender",
    says: "Intacct knows the sender id and its password.",
    surface,
    needs: ["tls", `${surface}.licence`],
    run: stage({
      attempt: signIn,
      ids: new Set(["intacct-xml.sender-rejected", "intacct-xml.license-expired"]),
      ok: shows(({ ids }) => `Intacct took sender ${ids["senderId"]} and its password.`),
      passed: "Intacct took the sender, and refused something that it looks at later."
    })
  },
  {
    id: `${surface}.company`,
    title: "Company",
    says: "The company exists and is active.",
    surface,
    needs: [`${surface}.sender`],
    run: stage({
      attempt: signIn,
      ids: new Set(["intacct.invalid-request", "intacct-xml.company-expired"]),
      ok: shows(({ ids }) => `Company ${ids["companyId"]} is there.`),
      passed: "Intacct found the company, and refused something that it looks at later."
    })
  },
  {
    id: `${surface}.authorization`,
    title: "Web Services authorisation",
    says: "The company has authorised the sender.",
    surface,
    needs: [`${surface}.company`],
    run: stage({
      attempt: signIn,
      ids: new Set(["intacct-xml.sender-not-authorized"]),
      ok: shows(({ ids }) => `Company ${ids["companyId"]} lets sender ${ids["senderId"]} in.`),
      passed: "Intacct did not complain of it, and refused something else."
    })
  },
  {
    id: `${surface}.login`,
    title: "Login",
    says: "Intacct takes the user and the password, in the entity that is configured.",
    surface,
    needs: [`${surface}.authorization`],
    run: stage({
      attempt: signIn,
      ids: new Set(["intacct-xml.login-rejected"]),
      ok: shows(
        ({ ids }) =>
          `User ${ids["userId"]} signed in${ids["entityId"] === undefined ? "" : ` to entity ${ids["entityId"]}`}.`
      ),
      passed: "Intacct did not complain of it, and refused something else."
    })
  },
  {
    id: `${surface}.session`,
    title: "Session",
    says: "A session opens, at an endpoint of Intacct's, and ends when the answer says.",
    surface,
    needs: [`${surface}.login`],
    run: stage({
      attempt: signIn,
      ids: undefined,
      ok: (session) =>
        session === undefined
          ? ok("Every request signs in by itself: no session is kept.")
          : ok(
              `It is for ${new URL(session.endpoint).host} alone, and ends unused at ${moment(session.expiresAt)} by Intacct's own word.`
            ),
      passed: ""
    }),
    manual: getSession
  },
  ...companyChecks(surface, `${surface}.session`),
  {
    id: `${surface}.entities`,
    title: "Entities",
    says: "Each of `entities` gives rows: a restricted user gets empty answers and no error. With --deep.",
    surface,
    needs: [`${surface}.session`],
    run: async (patient) => {
      const { deep, settings } = patient
      if (settings.entities.length === 0) return skipped("`entities` names none that must be seen.")
      if (!deep) return skipped(metered)
      try {
        const probes = await clientOf(patient).probeEntities({ deadline })
        const hidden = probes.filter(({ outcome }) => outcome !== "answers")
        if (hidden.length === 0) return ok(`Rows came back from ${settings.entities.join(", ")}.`)
        return failed(
          hidden
            .map(({ entity, outcome }) => `Entity ${entity} ${outcome === "empty" ? "gives no rows" : "refuses"}.`)
            .join(" "),
          catalogue["intacct-xml.entity-not-visible"].remedy
        )
      } catch (error) {
        return ofError(error)
      }
    }
  }
]
