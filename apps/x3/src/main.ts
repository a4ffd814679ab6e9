import { existsSync } from "node:fs"
import process from "node:process"
import { isSageAuthError } from "@sage-auth/core"
import { start } from "./start.ts"

if (existsSync(".env")) process.loadEnvFile()

try {
  const { close, kind, real, url } = await start(process.env)
  console.log(`${url}  (X3 ${kind}${real ? "" : ", played by a sandbox on this machine"})`)
  const end = (): void => {
    close().then(
      () => process.exit(0),
      () => process.exit(1)
    )
  }
  process.once("SIGINT", end)
  process.once("SIGTERM", end)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  if (isSageAuthError(error)) console.error(error.remedy)
  process.exitCode = 1
}
