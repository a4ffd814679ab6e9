// A process that calls Intacct REST once, with the platform's fetch and its environment.
import process from "node:process"
import { createSageAuth, intacctRest, isSageAuthError } from "@sage-auth/core"

const given = JSON.parse(process.env["GIVEN"] ?? "") as Parameters<typeof intacctRest.clientCredentials>[0]
const sage = createSageAuth({ connections: { vendors: intacctRest.clientCredentials(given) }, retry: {} })
const outcome = await sage
  .client("vendors")
  .fetch("objects/accounts-payable/vendor")
  .then(
    ({ status }) => String(status),
    (error: unknown) => (isSageAuthError(error) ? `${error.id} ${error.message} ${error.remedy}` : String(error))
  )
await sage.close()
console.log(outcome)
