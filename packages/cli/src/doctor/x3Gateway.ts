import type { X3GatewayClient } from "@sage-auth/core"
import { type Check, deadline, ofError, ok, type Patient } from "./Check.ts"
import { consentChecks } from "./consent.ts"
import { bearerCall, withStatus, word } from "./manual.ts"

const surface = "x3-gateway"

const clientOf = ({ sage, settings }: Patient): X3GatewayClient =>
  sage.client(settings.connection, { tenant: settings.tenant })

/** The gateway of X3's multi-tenant cloud. */
export const x3GatewayChecks: ReadonlyArray<Check> = [
  ...consentChecks(surface, {
    client: ({ urls }) => ({
      command: `curl -s ${word(urls["root"] ?? "")} -H "Accept: application/json" ${withStatus}`,
      variables: {},
      verify: "JSON with the region's endpoints, and HTTP 200. It needs no credential",
      expects: /HTTP 200/
    })
  }),
  {
    id: `${surface}.folders`,
    title: "Folders",
    says: "The gateway takes the token, and the pairing has folders.",
    surface,
    needs: [`${surface}.token`],
    run: async (patient) => {
      try {
        const folders = await clientOf(patient).folders({ deadline })
        return ok(`Folders: ${folders.join(", ") || "none"}.`)
      } catch (error) {
        return ofError(error)
      }
    },
    manual: ({ urls }) => ({
      command: bearerCall(`${urls["root"] ?? ""}/folders`, "X3_GATEWAY_TOKEN", [withStatus]),
      variables: { X3_GATEWAY_TOKEN: "an access token: `sage-auth headers <connection> --reveal` prints one" },
      verify: "JSON with the folders, and HTTP 200. `Unauthorised` means that the token ended: it lives five minutes",
      expects: /HTTP 200/
    })
  }
]
