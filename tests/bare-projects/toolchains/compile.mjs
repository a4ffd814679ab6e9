// Compiles src with each TypeScript under each `module` that users have, with `skipLibCheck: false` and without the DOM
// library. Each TypeScript is a process, which compiles one setting after the other.
import { execFile } from "node:child_process"
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { join } from "node:path"
import process from "node:process"
import { promisify } from "node:util"

const require = createRequire(import.meta.url)
const here = import.meta.dirname

const moduleAndCommonJs = ["use.mts", "use.cts", "ky.mts", "ky.cts"]

/** @type {Record<string, { options: object, files: Array<string> }>} */
const settings = {
  nodenext: { options: { module: "nodenext" }, files: moduleAndCommonJs },
  node16: { options: { module: "node16" }, files: moduleAndCommonJs },
  "commonjs-node10": { options: { module: "commonjs", moduleResolution: "node10" }, files: ["use.ts"] },
  "commonjs-bundler": { options: { module: "commonjs", moduleResolution: "bundler" }, files: ["use.ts", "ky.ts"] },
  "esnext-bundler": { options: { module: "esnext", moduleResolution: "bundler" }, files: ["use.ts", "ky.ts"] }
}

/** Each TypeScript with what it has beside the settings: node10 ends with 6, `commonjs` with a bundler's begins there. */
const compilers = {
  "typescript-5.4": ["nodenext", "node16", "commonjs-node10", "esnext-bundler"],
  "typescript-5.9": ["nodenext", "node16", "commonjs-node10", "esnext-bundler"],
  "typescript-6.0": ["nodenext", "node16", "commonjs-node10", "commonjs-bundler", "esnext-bundler"],
  "typescript-7.0": ["nodenext", "node16", "commonjs-bundler", "esnext-bundler"]
}

/** Writes a project: the same sources under the endings that the setting tells apart. */
const write = async (compiler, setting) => {
  const folder = join(here, "compiled", `${compiler}-${setting}`)
  const { files, options } = settings[setting]
  await mkdir(folder, { recursive: true })
  for (const file of files) await copyFile(join(here, "src", `${file.split(".")[0]}.ts`), join(folder, file))
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    target: "es2022",
    lib: ["es2023"],
    types: ["node"],
    esModuleInterop: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: false,
    noEmit: true,
    ...options,
    ...(compiler === "typescript-6.0" && setting === "commonjs-node10" ? { ignoreDeprecations: "6.0" } : {})
  }
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }, null, 2))
  return folder
}

/** What was parsed, for all settings of this process: most declarations mean the same under each. */
const parsed = new Map()

/** The compiler's own host, which parses a file once for every way of reading it, and no more of its comments than `tsc`. */
const hostOf = (ts, options) => {
  const host = ts.createCompilerHost(options)
  const parse = host.getSourceFile.bind(host)
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors
  host.getSourceFile = (file, how, ...more) => {
    const key = JSON.stringify([file, how.languageVersion, how.impliedNodeFormat])
    if (!parsed.has(key)) parsed.set(key, parse(file, how, ...more))
    return parsed.get(key)
  }
  return host
}

/** With the compiler's own API: a process of many compilations has its code compiled once. TypeScript 7 has none. */
const compileHere = (ts, folder) => {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (found) => found }
  const { errors, fileNames, options } = ts.getParsedCommandLineOfConfigFile(join(folder, "tsconfig.json"), {}, host)
  const program = ts.createProgram(fileNames, options, hostOf(ts, options))
  const found = [...errors, ...ts.getPreEmitDiagnostics(program)]
  return ts.formatDiagnostics(found, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => here,
    getNewLine: () => "\n"
  })
}

const compile = async (compiler) => {
  const ts = require(compiler)
  const { bin, version } = JSON.parse(await readFile(require.resolve(`${compiler}/package.json`), "utf8"))
  if (ts.version !== version || !compiler.endsWith(version.split(".").slice(0, 2).join("."))) {
    throw new Error(`${compiler} is ${version}`)
  }
  let failures = 0
  for (const setting of compilers[compiler]) {
    const folder = await write(compiler, setting)
    const startedAt = performance.now()
    const wrong =
      ts.createProgram === undefined
        ? await promisify(execFile)(process.execPath, [
            join(here, "node_modules", compiler, bin.tsc),
            "--pretty",
            "false",
            "-p",
            folder
          ]).then(
            () => "",
            (error) => `${error.stdout}${error.stderr}` || String(error)
          )
        : compileHere(ts, folder)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`TypeScript ${version}, ${setting}: ${wrong === "" ? `compiles in ${seconds} s` : `fails\n${wrong}`}`)
    if (wrong !== "") failures += 1
  }
  process.exitCode = failures === 0 ? 0 : 1
}

const [chosen] = process.argv.slice(2)
if (chosen === undefined) {
  const runs = await Promise.allSettled(
    Object.keys(compilers).map((compiler) => promisify(execFile)(process.execPath, [import.meta.filename, compiler]))
  )
  for (const { reason, value } of runs) console.log(`${(value ?? reason).stdout}${(value ?? reason).stderr}`.trimEnd())
  if (runs.some(({ status }) => status === "rejected")) process.exitCode = 1
} else {
  await compile(chosen)
}
