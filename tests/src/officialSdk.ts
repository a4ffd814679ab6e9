import { spawn } from "node:child_process"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// The SDK calls functions of node:util that Node 23 removed.
const node20 = here("../node_modules/node20/bin/node")

/** What the SDK is to do. */
export interface SdkTask {
  /** The properties of its `ClientConfig`. */
  readonly config: Readonly<Record<string, string>>
  /** Whether it opens a session from the configuration first, or uses the one in it. */
  readonly opensSession: boolean
  readonly query: { readonly object: string; readonly fields: ReadonlyArray<string>; readonly pageSize: number }
}

/** What came of it. */
export interface SdkAnswer {
  readonly session?: Readonly<Record<string, string | undefined>>
  readonly read?: {
    readonly status: string
    readonly count: number
    readonly totalCount: number
    readonly data: ReadonlyArray<Readonly<Record<string, string>>>
  }
  readonly failed?: { readonly name: string; readonly message: string }
}

/** A sandbox's URL under a name of Intacct, the only kind the SDK accepts. */
export const underIntacctsName = (url: string): string => {
  const named = new URL(url)
  named.hostname = "sandbox.intacct.com"
  return named.href
}

/** Runs the official SDK, unchanged, in a process of its own whose names of Intacct lead to this machine. */
export const runOfficialSdk = async (task: SdkTask): Promise<SdkAnswer> => {
  const child = spawn(node20, ["--require", here("./intacctOnLoopback.cjs"), here("./officialSdk.cjs")], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: here("./"), NODE_NO_WARNINGS: "1" }
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", resolve)
  })
  child.stdin.end(JSON.stringify(task))
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code !== 0) throw new Error(`the SDK's process ended with ${code}: ${err}`)
  return JSON.parse(out) as SdkAnswer
}
