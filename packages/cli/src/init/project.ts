import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Recommendation } from "@sage-auth/core/advice"
import type { Files } from "./write.ts"

/** A project for one recommendation. */
export interface Project {
  readonly files: Files
  /** what git must not take */
  readonly ignored: ReadonlyArray<string>
  /** what to do then, in this order */
  readonly next: ReadonlyArray<string>
}

/** Whose variable the redirect address of a connection is, by the connection's name in the recommended code. */
const prefixes: Readonly<Record<string, string>> = {
  payables: "SAGE_INTACCT_REST_",
  books: "SAGE_BUSINESS_CLOUD_",
  erp: "SAGE_X3_WEB_SERVICES_",
  gateway: "SAGE_X3_GATEWAY_"
}

const example = /"https:\/\/app\.example\/sage\/callback\/(\w+)"/g

/** An address that `sage-auth login` can listen at. */
const loopbackOf = (connection: string): string => `https://127.0.0.1:8443/sage/callback/${connection}`

const configurationOf = (code: string): string =>
  `${code
    .replaceAll(
      example,
      (_, connection: string) => `process.env["${prefixes[connection]}REDIRECT_URI"] ?? "${loopbackOf(connection)}"`
    )
    .trimEnd()}

// what the command sage-auth works with
export default sage
`

const firstCall = `// A first call to Sage: node first-call.ts
import { existsSync } from "node:fs"
import process from "node:process"

if (existsSync(".env")) process.loadEnvFile()

try {
  const { firstCall, sage } = await import("./sage-auth.config.ts")
  try {
    console.dir(await firstCall(), { depth: 6 })
  } finally {
    await sage.close()
  }
} catch (error) {
  // the errors of @sage-auth/core say what helps
  console.error(error instanceof Error ? error.message : error)
  if (error instanceof Error && "remedy" in error) console.error(error.remedy)
  process.exitCode = 1
}
`

const isSecret = (name: string): boolean => /SECRET|PASSWORD|PASSPHRASE/.test(name)

const variablesOf = ({ title, variables }: Recommendation, consents: ReadonlyArray<string>): string =>
  [
    `# ${title}`,
    "# Copy to .env, which git ignores, and fill it in. Quote every password: an unquoted # would cut it short.",
    "",
    ...variables.flatMap((name) =>
      name === "SAGE_AUTH_KEY"
        ? ["", "# Seals the grants: npx sage-auth keys generate", `${name}=`]
        : [`${name}=${isSecret(name) ? '""' : ""}`]
    ),
    ...consents.flatMap((connection) => [
      "",
      "# Where Sage sends the browser back to: registered at Sage, character by character",
      `${prefixes[connection]}REDIRECT_URI=${loopbackOf(connection)}`
    ]),
    ""
  ].join("\n")

const hasManifest = (folder: string): boolean => {
  if (existsSync(join(folder, "package.json"))) return true
  const above = dirname(folder)
  return above !== folder && hasManifest(above)
}

const manifestOf = (version: string): string =>
  `${JSON.stringify(
    {
      private: true,
      type: "module",
      engines: { node: ">=22.19" },
      scripts: { start: "node first-call.ts" },
      dependencies: { "@sage-auth/core": `^${version}` }
    },
    null,
    2
  )}\n`

/** The files for a recommendation. A manifest is among them where the folder belongs to no package yet. */
export const projectOf = (recommendation: Recommendation, folder: string, version: string): Project => {
  const { code, variables } = recommendation
  const consents = [...new Set(Array.from(code.matchAll(example), ([, connection = ""]) => connection))]
  const isNew = !hasManifest(folder)
  return {
    files: {
      "sage-auth.config.ts": configurationOf(code),
      ".env.example": variablesOf(recommendation, consents),
      "first-call.ts": firstCall,
      ...(isNew ? { "package.json": manifestOf(version) } : {})
    },
    ignored: [".env", ".sage-auth/", "*.pfx", "*.pem", ...(isNew ? ["node_modules/"] : [])],
    next: [
      "cp .env.example .env",
      ...(variables.includes("SAGE_AUTH_KEY") ? ["npx @sage-auth/cli keys generate"] : []),
      isNew ? "npm install" : "npm install @sage-auth/core",
      ...consents.map((connection) => `npx @sage-auth/cli login ${connection}`),
      "node first-call.ts"
    ]
  }
}
