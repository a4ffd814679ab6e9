// What the tools of the recipes write, and then the compiler.
import { execFileSync } from "node:child_process"
import process from "node:process"

// to write its client, Prisma needs no engine, and would download one that migrates: any program stands in its place
const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath }
const run = (tool, ...parameters) => execFileSync(`node_modules/.bin/${tool}`, parameters, { env, stdio: "inherit" })

run("drizzle-kit", "generate", "--dialect", "postgresql", "--schema", "src/schema.ts")
run("prisma", "generate")
run("tsc")
