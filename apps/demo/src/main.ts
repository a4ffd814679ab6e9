import process from "node:process"
import { startSandbox } from "@sage-auth/sandbox"
import { businessCloudFlows } from "./flows/business-cloud.ts"
import { intacctRestFlows } from "./flows/intacct-rest.ts"
import { intacctXmlFlows } from "./flows/intacct-xml.ts"
import { x3Flows } from "./flows/x3.ts"
import { runFlow } from "./runFlow.ts"
import { type Outcome, Screen } from "./Screen.ts"

/** Everything there is, in the order in which somebody new to it would want to see it. */
const flows = [...intacctXmlFlows, ...intacctRestFlows, ...businessCloudFlows, ...x3Flows]

const screen = new Screen({
  write: (text) => process.stdout.write(text),
  colour: process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === ""
})

const sandbox = await startSandbox({ clock: "manual" })
screen.line("sage-auth, every flow against the sandbox")
screen.line(`  Intacct's XML gateway: ${sandbox.urls["intacct-xml"].xml}`)
screen.line(`  Intacct's REST API: ${sandbox.urls["intacct-rest"].api}`)
screen.line(`  Business Cloud Accounting: ${sandbox.urls["business-cloud"].api}`)
screen.line(`  X3's web services: ${sandbox.urls["x3-web-services"].onPremise}`)
screen.line(`    for client certificates: ${sandbox.urls["x3-web-services"].tls}`)
screen.line(`    online: ${sandbox.urls["x3-web-services"].online}`)
screen.line(`  X3's GraphQL: ${sandbox.urls["x3-graphql"].api}`)
screen.line(`  X3's cloud gateway: ${sandbox.urls["x3-gateway"].root}`)
screen.line(
  "  > a request that reached the sandbox; ok: what the caller got. Times are real, days are the sandbox's clock."
)

const outcomes: Array<Outcome> = []
for (const flow of flows) outcomes.push(await runFlow(flow, sandbox, screen))
await sandbox.stop()

screen.table(outcomes)
process.exitCode = outcomes.some(({ failure }) => failure !== undefined) ? 1 : 0
