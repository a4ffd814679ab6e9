import { intacctRest } from "@sage-auth/core"

export default {
  connections: {
    vendors: intacctRest.clientCredentials({ clientId: "id", clientSecret: "not-to-be-seen", username: "user@acme" })
  }
}
