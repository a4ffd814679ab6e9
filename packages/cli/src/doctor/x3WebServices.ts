import { catalogue, isSageAuthError, x3, type X3WebServicesClient } from "@sage-auth/core"
import type { ConnectionSettings } from "@sage-auth/core/inspect"
import {
  type Attempt,
  type Check,
  dayOf,
  daysTo,
  deadline,
  failed,
  type Finding,
  ofAnswer,
  ofError,
  ok,
  type Patient,
  skipped,
  warning
} from "./Check.ts"
import { consentChecks, headersOf } from "./consent.ts"
import { basicCall, bearerCall, type Manual, withStatus, word } from "./manual.ts"
import { takesAnyone } from "./network.ts"

const surface = "x3-web-services"

const clientOf = ({ sage, settings }: Patient): X3WebServicesClient =>
  sage.client(settings.connection, { tenant: settings.tenant })

/** Below `api1` and nothing in particular: a known caller is told that there is nothing. */
const nothing = "api1/x3/erp"

const knock = (patient: Patient): Promise<Attempt<Response>> =>
  patient.attempt("knock", () =>
    clientOf(patient).fetch(nothing, { headers: { accept: "application/json" }, deadline })
  )

const isBearer = ({ flow }: ConnectionSettings): boolean => flow !== "basic" && flow !== "certificate"

/** What came of showing the credential; anything but a refusal says that the server knows who it is. */
const identified = async (patient: Patient, said: string): Promise<Finding> => {
  const found = await knock(patient)
  if ("error" in found) {
    const { error } = found
    if (isSageAuthError(error) && error.id === "x3-web-services.no-web-services") return ok(said)
    return ofError(error)
  }
  return found.value.status === 401 || found.value.status === 403 ? ofAnswer(surface, found.value.clone()) : ok(said)
}

const callByHand = (settings: ConnectionSettings): Manual | undefined => {
  const { authorities, flow, ids, urls } = settings
  const url = `${(urls["api"] ?? "").replace(/\/$/, "")}/${nothing}`
  const ca = authorities.length === 0 ? [] : ['--cacert "$CA_FILE"']
  const file: Readonly<Record<string, string>> =
    ca.length === 0 ? {} : { CA_FILE: "a file with the private authority, in PEM" }
  const common = {
    verify:
      "no HTTP 401. For data call <ENDPOINT>/<CLASS>?representation=<CLASS>.$query&count=1 below it: `representation` is mandatory, paging is `count`, and HTTP 200 may hold an error in $diagnoses",
    expects: /HTTP (?!401|403|000)\d+/
  }
  if (flow === "basic") {
    return {
      command: basicCall(url, ids["user"] ?? "", "X3_PASSWORD", [...ca, withStatus]),
      variables: { X3_PASSWORD: "the user's password", ...file },
      ...common
    }
  }
  if (flow === "certificate") {
    return {
      command: `curl -s ${word(url)} --cert "$X3_CERTIFICATE_FILE" --key "$X3_KEY_FILE" ${[...ca, withStatus].join(" ")}`,
      variables: { X3_CERTIFICATE_FILE: "the certificate, in PEM", X3_KEY_FILE: "its key, in PEM", ...file },
      ...common
    }
  }
  return {
    command: bearerCall(url, "X3_ACCESS_TOKEN", [...ca, withStatus]),
    variables: { X3_ACCESS_TOKEN: "an access token: `sage-auth headers <connection> --reveal` prints one", ...file },
    ...common
  }
}

/** The way in of nodelocal.js that each credential takes. */
const wayOf = ({ flow }: ConnectionSettings): "basic" | "certificate" | "bearer" =>
  flow === "basic" || flow === "certificate" ? flow : "bearer"

/** X3's web services, on premise and online. */
export const x3WebServicesChecks: ReadonlyArray<Check> = [
  {
    id: `${surface}.certificate`,
    title: "Client certificate",
    says: "The client certificate is valid for 60 days more.",
    surface,
    needs: ["options"],
    run: async ({ settings: { certificate, flow } }) => {
      if (flow !== "certificate") return skipped("This connection has no client certificate.")
      if (certificate === undefined) {
        return failed("The certificate cannot be read.", catalogue["x3-web-services.certificate-refused"].remedy)
      }
      const { commonName, issuer, validTo } = certificate
      // TLS looks at the machine's own clock
      const left = daysTo(validTo, Date.now())
      const shown = `Login ${commonName ?? "(none)"}, by ${issuer}, until ${dayOf(validTo)}: ${left} days more.`
      return left <= 60
        ? warning(shown, "Have a new one made with the same common name, and replace the file: it is read again.")
        : ok(shown)
    }
  },
  {
    id: `${surface}.certificate-port`,
    title: "Certificate port",
    says: "The port asks for a client certificate.",
    surface,
    needs: ["tls", `${surface}.certificate`],
    run: async (patient) => {
      if (patient.settings.flow !== "certificate") return skipped("This connection has no client certificate.")
      const server = new URL(patient.settings.urls["api"] ?? "")
      if (!(await takesAnyone(patient, server))) return ok(`${server.host} lets no caller in without one.`)
      const found = await knock(patient)
      const known = "value" in found && found.value.status !== 401
      return known
        ? ok(`${server.host} asks for one, and lets others in without it.`)
        : failed(
            `${server.host} lets everybody in and does not know this connection: it is no port with client authentication.`,
            "Give `baseUrl` the port whose host record has SSL and Client authentication, such as 8443. It is another one than that for passwords."
          )
    }
  },
  ...consentChecks(surface),
  {
    id: `${surface}.login`,
    title: "Login",
    says: "X3 knows whom the password or the certificate stands for.",
    surface,
    needs: ["tls", `${surface}.certificate-port`],
    run: async (patient) => {
      const { certificate, ids } = patient.settings
      if (isBearer(patient.settings)) return skipped("A token is shown, which `bearer` is about.")
      return identified(patient, `X3 knows ${ids["user"] ?? certificate?.commonName ?? "the user"}.`)
    },
    manual: (settings) => (isBearer(settings) ? undefined : callByHand(settings))
  },
  {
    id: `${surface}.bearer`,
    title: "Bearer tokens",
    says: 'X3 takes the token: `session.auth` lists "bearer", and a user has the token\'s e-mail address.',
    surface,
    needs: ["tls", `${surface}.token`],
    run: async (patient) => {
      if (!isBearer(patient.settings)) return skipped("No token is shown.")
      const had = await headersOf(patient)
      if ("error" in had) return ofError(had.error)
      return identified(patient, "X3 takes the access token.")
    },
    manual: (settings) => (isBearer(settings) ? callByHand(settings) : undefined)
  },
  {
    id: `${surface}.services`,
    title: "Web services",
    says: "The host serves web services: it has children for them, and none is down.",
    surface,
    needs: [`${surface}.login`, `${surface}.bearer`],
    run: async (patient) => {
      const found = await knock(patient)
      if ("error" in found) return ofError(found.error)
      return found.value.status >= 500 ? ofAnswer(surface, found.value.clone()) : ok("REST answers below api1.")
    }
  },
  {
    id: `${surface}.pools`,
    title: "SOAP pools",
    says: "The pools that `pools` names exist and are started; upper and lower case count.",
    surface,
    needs: [`${surface}.services`],
    run: async (patient) => {
      const names = Object.keys(patient.settings.pools)
      if (names.length === 0) return skipped("`pools` names none.")
      const broken: Array<Finding> = []
      for (const pool of names) {
        try {
          await clientOf(patient).soap({ pool, operation: "getDescription", publicName: "SAGEAUTH", deadline })
        } catch (error) {
          // an unpublished name is refused by a pool that works
          if (!isSageAuthError(error) || error.id !== "x3-web-services.soap-failed") broken.push(ofError(error))
        }
      }
      return broken[0] ?? ok(`${names.join(", ")}: started.`)
    }
  },
  {
    id: `${surface}.nodelocal`,
    title: "nodelocal.js",
    says: "The server's nodelocal.js, given as --nodelocal, opens the way in of this connection.",
    surface,
    needs: [],
    run: async ({ nodelocal, settings }) => {
      if (nodelocal === undefined) return skipped("Give --nodelocal with the server's file.")
      const { findings, waysIn } = x3.lintNodelocal(nodelocal)
      const way = wayOf(settings)
      const found = waysIn[way]
      const wrong = findings.find(({ severity }) => severity === "error")
      if (wrong !== undefined) return failed(`Line ${wrong.line}: ${wrong.meaning}`, wrong.remedy)
      if (found.answer === "enabled") return ok(`"${way}": ${found.why}`)
      const how = way === "bearer" ? '"oauth2" and "bearer"' : `"${way}"`
      return failed(
        `"${way}" is ${found.answer}: ${found.why}`,
        `List ${how} in \`session.auth\`, and restart the service.`
      )
    }
  }
]
