// Bundles two applications by esbuild and rolldown, as ES module and CommonJS, and runs each in a folder of its own
// without node_modules, against a sandbox in this process.
import { execFile } from "node:child_process"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { promisify } from "node:util"
import { startSandbox } from "@sage-auth/sandbox"
import { build } from "esbuild"
import { rolldown } from "rolldown"

const app = (name) => join(import.meta.dirname, "apps", `${name}.mjs`)

const bundlers = {
  // code that is loaded late is a file of its own, which gives what CommonJS exports as its default alone
  "esbuild, split": (name, format, outdir) => bundlers.esbuild(name, format, outdir, { splitting: true }),
  esbuild: (name, format, outdir, more = {}) =>
    build({
      entryPoints: [app(name)],
      outdir,
      bundle: true,
      platform: "node",
      target: "node22",
      format,
      logLevel: "error",
      outExtension: { ".js": format === "esm" ? ".mjs" : ".cjs" },
      // CommonJS in a bundle of ES modules asks for Node's own by a `require` that those lack: esbuild's known recipe
      banner:
        format === "esm"
          ? { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' }
          : {},
      ...more
    }),
  rolldown: async (name, format, dir) => {
    const bundle = await rolldown({ input: app(name), platform: "node", logLevel: "silent" })
    const extension = format === "esm" ? "mjs" : "cjs"
    await bundle.write({
      dir,
      format,
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `[name]-[hash].${extension}`
    })
    await bundle.close()
  }
}

const sandbox = await startSandbox()
const environment = {
  PATH: process.env.PATH,
  SANDBOX: JSON.stringify({ accounts: sandbox.accounts, ca: sandbox.ca, urls: sandbox.urls })
}
const parent = await mkdtemp(join(tmpdir(), "sage-auth-bundles-"))

const attempt = async (bundler, name, format) => {
  const folder = await mkdtemp(join(parent, `${bundler}-`))
  const what = `${bundler}, ${format}, ${name}`
  try {
    await bundlers[bundler](name, format, folder)
    const file = (await readdir(folder)).find((each) => each.startsWith(`${name}.`))
    const options = { cwd: folder, env: environment, timeout: 300_000 }
    const { stderr, stdout } = await promisify(execFile)(process.execPath, [file], options)
    console.log(`${what}: ${stdout.trimEnd()}${stderr}`)
  } catch (error) {
    process.exitCode = 1
    console.error(`${what} fails: ${error.message}\n${error.stdout ?? ""}`)
  }
}

try {
  await attempt("esbuild, split", "program", "esm")
  for (const name of ["program", "express"]) {
    for (const bundler of ["esbuild", "rolldown"]) {
      await Promise.all([attempt(bundler, name, "esm"), attempt(bundler, name, "cjs")])
    }
  }
} finally {
  await sandbox.stop()
  await rm(parent, { recursive: true, force: true })
}
