import { existsSync } from "node:fs"
import process from "node:process"
import { intacctXml, isSageAuthError } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
import { program } from "./program.ts"

if (existsSync(".env")) process.loadEnvFile()

const profile = process.argv[2]
const {
  CONSOLE_SENDER_ID: practice = "",
  INTACCT_SENDER_ID: id = "",
  INTACCT_SENDER_PASSWORD: password = "",
  SAGE_AUTH_KEY: key = "",
  SAGE_AUTH_STORE: file = ".sage-auth/meter.db"
} = process.env
const configured = id !== "" || ["INTACCT_PROFILE", "INTACCT_SENDER_PROFILE"].some((name) => process.env[name])
const print = (line: string): void => console.log(line)

const againstIntacct = (): Promise<void> => {
  print("against Intacct")
  return program({
    connections: {
      ledger: intacctXml.fromEnvironment({ profile }),
      script: intacctXml.fromEnvironment({ profile, authentication: "login" }),
      ...(practice === "" ? {} : { practice: intacctXml.fromEnvironment({ prefix: "CONSOLE_" }) })
    },
    print,
    ...(key === "" ? {} : { kept: { store: `sqlite:${file}`, keys: [key] } }),
    sender: profile === undefined && id !== "" ? { id, password } : undefined
  })
}

const againstSandbox = async (): Promise<void> => {
  const sandbox = await startSandbox()
  const { console: practice, login, sender } = sandbox.accounts["intacct-xml"]
  const server = { sender, environment: "sandbox", urls: sandbox.urls["intacct-xml"] } as const
  print(`against the sandbox at ${server.urls.xml}`)
  try {
    await program({
      connections: {
        ledger: intacctXml({ ...server, login }),
        script: intacctXml({ ...server, login, authentication: "login" }),
        practice: intacctXml({ ...server, login: practice })
      },
      print,
      sender,
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
