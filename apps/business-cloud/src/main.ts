import { existsSync } from "node:fs"
import process from "node:process"
import { isSageAuthError } from "@sage-auth/core"
import { start } from "./start.ts"

if (existsSync(".env")) process.loadEnvFile()

try {
  const started = await start(process.env)
  console.log(
    `${started.url}  (${started.sandbox === undefined ? "against Business Cloud Accounting" : "against a sandbox on this machine"})`
  )
  const end = (): void => {
    started.close().then(
      () => process.exit(0),
      () => process.exit(1)
    )
  }
  process.once("SIGINT", end)
  process.once("SIGTERM", end)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  if (isSageAuthError(error)) console.error(error.remedy)
  // what was opened before it failed does not keep it running
  process.exit(1)
}
