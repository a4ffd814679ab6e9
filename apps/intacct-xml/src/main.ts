import { existsSync } from "node:fs"
import process from "node:process"
import { intacctXml, isSageAuthError } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
import { program } from "./program.ts"

if (existsSync(".env")) process.loadEnvFile()

const profile = process.argv[2]
const configured = ["INTACCT_SENDER_ID", "INTACCT_PROFILE", "INTACCT_SENDER_PROFILE"].some((name) => process.env[name])
const print = (line: string): void => console.log(line)

const againstIntacct = (): Promise<void> => {
  print("against Intacct")
  return program({ connection: intacctXml.fromEnvironment({ profile }), print })
}

const againstSandbox = async (): Promise<void> => {
  const sandbox = await startSandbox()
  print(`against the sandbox at ${sandbox.urls["intacct-xml"].xml}`)
  try {
    await program({
      connection: sandbox.connections().ledger,
      print,
      endSessions: () => sandbox.intacct.endSessions()
    })
  } finally {
    await sandbox.stop()
  }
}

try {
  await (profile !== undefined || configured ? againstIntacct() : againstSandbox())
} catch (error) {
  if (!isSageAuthError(error)) throw error
  console.error(error.message)
  console.error(error.remedy)
  process.exitCode = 1
}
