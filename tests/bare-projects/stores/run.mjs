// Runs the test of each recipe, in a database or beside a server of its own.
import { execFile } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import process from "node:process"
import { promisify } from "node:util"
import dynalite from "dynalite"
import { Client } from "pg"

const connect = async (connectionString) => {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5_000 })
  await client.connect()
  return client
}

/** SAGE_AUTH_TEST_POSTGRES, or the usual place of this machine: the first address that answers. */
const findPostgres = async () => {
  const usual = ["postgresql://postgres@127.0.0.1:5432/postgres", "postgresql://127.0.0.1:5432/postgres"]
  const given = process.env["SAGE_AUTH_TEST_POSTGRES"]
  const problems = []
  for (const url of given === undefined ? usual : [given]) {
    try {
      return { url, admin: await connect(url) }
    } catch (error) {
      problems.push(error.message)
    }
  }
  return { why: `no PostgreSQL server: ${problems.join("; ")}. Set SAGE_AUTH_TEST_POSTGRES to its address.` }
}

const postgres = await findPostgres()
if (postgres.admin === undefined && process.env["SAGE_AUTH_TEST_ALL"] !== "") throw new Error(postgres.why)

/** Runs a test with the address of an empty database. */
const withDatabase = async (test) => {
  if (postgres.admin === undefined) return `skipped: ${postgres.why}`
  const name = `sage_auth_recipe_${randomUUID().replaceAll("-", "")}`
  await postgres.admin.query(`create database ${name} encoding 'UTF8' template template0`)
  try {
    const address = new URL(postgres.url)
    address.pathname = `/${name}`
    return await test({ DATABASE_URL: address.href })
  } finally {
    await postgres.admin.query(`drop database ${name} with (force)`)
  }
}

/** Runs a test with the address of an empty DynamoDB: a stand-in, in the memory of this process. */
const withDynamo = async (test) => {
  const server = dynalite({ createTableMs: 0 })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  try {
    return await test({ DYNAMODB_ENDPOINT: `http://127.0.0.1:${server.address().port}` })
  } finally {
    server.close()
  }
}

/** The longest first. */
const recipes = {
  DynamoDB: ["dist/dynamoStore.test.js", withDynamo],
  Knex: ["dist/knexStore.test.js", withDatabase],
  Drizzle: ["dist/drizzleStore.test.js", withDatabase],
  Prisma: ["dist/prismaStore.test.js", withDatabase]
}

/** Runs a file of tests, and says how many there were. */
const run = async (file, env) => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--test", "--test-reporter=tap", file], {
    env: { ...process.env, ...env, NO_COLOR: "1" },
    timeout: 240_000
  })
  const [, passed, skipped] = /^# pass (\d+)$[\s\S]*^# skipped (\d+)$/m.exec(stdout) ?? []
  // fewer are not the whole contract
  if (!(Number(passed) >= 50)) throw new Error(`only ${passed} tests passed:\n${stdout}`)
  return `${passed} tests passed, ${skipped} skipped`
}

const left = Object.entries(recipes)
const worker = async () => {
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const [name, [file, prepared]] = next
    try {
      console.log(`${name}: ${await prepared((env) => run(file, env))}`)
    } catch (error) {
      process.exitCode = 1
      console.error(`${name} fails: ${error.message}\n${error.stdout ?? ""}${error.stderr ?? ""}`)
    }
  }
}
await Promise.all([worker(), worker()])
await postgres.admin?.end()
