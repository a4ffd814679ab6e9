import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"
import { openSandbox } from "../src/world.ts"

const run = promisify(execFile)
const node20 = fileURLToPath(new URL("../node_modules/node20/bin/node", import.meta.url))

/** What a program prints that runs the built packages in Node.js 20, which they do not support. */
const printedBy = async (program: string, input: unknown = null): Promise<string> => {
  const cwd = fileURLToPath(new URL("..", import.meta.url))
  const { stdout } = await run(node20, ["--input-type=module", "--eval", program, JSON.stringify(input)], { cwd })
  return stdout.trim()
}

describe("in a Node.js that is too old", () => {
  it("the sandbox says which one is needed, before anything fails without a word", async () => {
    const printed = await printedBy(`
      const { startSandbox } = await import("@sage-auth/sandbox")
      await startSandbox().then((sandbox) => sandbox.stop(), (error) => console.log(String(error)))
    `)
    const declared = new URL("../../packages/sandbox/package.json", import.meta.url)
    const { engines } = JSON.parse(readFileSync(declared, "utf8")) as { readonly engines: { readonly node: string } }
    const needed = engines.node.replace(">=", "")
    assert.include(printed, `Error: @sage-auth/sandbox needs Node.js ${needed} or later, and this is 20.`)
  })

  it("a client certificate is checked all the same, and no TypeError is had of it", async () => {
    const sandbox = await openSandbox()
    const { pfx, passphrase } = sandbox.accounts["x3-web-services"].certificate
    const program = `
      const { createSageAuth, x3 } = await import("@sage-auth/core")
      const { passphrase, pfx } = JSON.parse(process.argv[1])
      const auth = x3.certificate({ pfx: Buffer.from(pfx, "base64"), passphrase })
      const erp = x3.onPremise({ baseUrl: "https://x3.acme.example:8443", auth })
      const sage = createSageAuth({ connections: { erp } })
      await sage.close()
      console.log("checked")
    `
    const printed = await printedBy(program, { pfx: Buffer.from(pfx).toString("base64"), passphrase })
    assert.strictEqual(printed, "checked")
  })
})
