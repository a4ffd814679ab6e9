import { stripTypeScriptTypes } from "node:module"
import * as core from "@sage-auth/core"
import type { Sandbox } from "@sage-auth/sandbox"
import { onTestFinished } from "vitest"

/** What a snippet of the advice exports. */
export interface Snippet {
  readonly sage: { close(): Promise<void> }
  readonly connect?: () => Promise<{ readonly url: string; readonly cookie: string }>
  /** with the cookie, or with the body of a callback that is posted */
  readonly callback?: (url: string, cookieOrBody: string) => Promise<unknown>
  readonly firstCall?: () => Promise<unknown>
}

type AnyBuilder = (options: never) => unknown

/** A builder that is given the addresses of a sandbox beside the options of the snippet. */
const aimed =
  (builder: AnyBuilder, more: Readonly<Record<string, unknown>>): ((options: object) => unknown) =>
  (options) =>
    builder({ ...options, environment: "sandbox", ...more } as never)

/** The library, with a sandbox in place of Sage's servers. Everything else is as a snippet has it. */
const libraryFor = ({ ca, clock, urls }: Sandbox<"manual">): Readonly<Record<string, unknown>> => {
  const rest = { urls: urls["intacct-rest"] }
  return {
    ...core,
    createSageAuth: (config: object) => {
      // a folder is not needed to see whether the code runs
      const sage = core.createSageAuth({ ...config, clock, store: "memory:" } as never)
      onTestFinished(() => sage.close())
      return sage
    },
    intacctXml: aimed(core.intacctXml, { urls: urls["intacct-xml"] }),
    intacctRest: {
      clientCredentials: aimed(core.intacctRest.clientCredentials, rest),
      authorizationCode: aimed(core.intacctRest.authorizationCode, rest)
    },
    businessCloud: aimed(core.businessCloud, { urls: urls["business-cloud"] }),
    x3: {
      ...core.x3,
      onPremise: aimed(core.x3.onPremise, {}),
      online: aimed(core.x3.online, { ca }),
      graphql: aimed(core.x3.graphql, {}),
      gateway: aimed(core.x3.gateway, {})
    }
  }
}

const AsyncFunction = (async () => {}).constructor as new (
  ...parameters: ReadonlyArray<string>
) => (...given: ReadonlyArray<unknown>) => Promise<void>

/** Runs a module of the advice against a sandbox, with these environment variables and no others. */
export const runSnippet = async (
  code: string,
  sandbox: Sandbox<"manual">,
  env: Readonly<Record<string, string>>
): Promise<Snippet> => {
  const library = libraryFor(sandbox)
  const load = (from: string): unknown => (from === "@sage-auth/core" ? library : import(from))
  const body = stripTypeScriptTypes(code)
    .replaceAll(/^import (\{[^}]*\}) from "([^"]+)"$/gm, 'const $1 = await load("$2")')
    .replaceAll(/^export const (\w+) =/gm, "const $1 = exported.$1 =")
  const exported: Record<string, unknown> = {}
  await new AsyncFunction("load", "exported", "process", body)(load, exported, { env })
  return exported as unknown as Snippet
}
