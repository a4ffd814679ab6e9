import { Client } from "pg"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    /** the address of a PostgreSQL server; undefined: there is none, and tests that need one are skipped */
    readonly postgresUrl: string | undefined
  }
}

const usual = ["postgresql://postgres@127.0.0.1:5432/postgres", "postgresql://127.0.0.1:5432/postgres"]

/** the first address that answers */
const findServer = async (): Promise<{ readonly url?: string; readonly problems: ReadonlyArray<string> }> => {
  const given = process.env["SAGE_AUTH_TEST_POSTGRES"]
  const problems: Array<string> = []
  for (const url of given === undefined ? usual : [given]) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
    try {
      await client.connect()
      await client.query("select 1")
      return { url, problems }
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    } finally {
      await client.end().catch(() => {})
    }
  }
  return { problems }
}

const database = "sage_auth_tests"

/**
 * Finds a PostgreSQL server (SAGE_AUTH_TEST_POSTGRES, or the usual place of this machine), and makes a database for the
 * tests. In CI a missing server fails the run. Elsewhere the tests that need one are skipped, and this says why.
 */
export default async ({ provide }: TestProject) => {
  const { problems, url } = await findServer()
  if (url === undefined) {
    const why = `no PostgreSQL server for the tests: ${problems.join("; ")}. Set SAGE_AUTH_TEST_POSTGRES to its address.`
    if (process.env["CI"] !== undefined) throw new Error(why)
    console.warn(`${why} Tests that need one are skipped.`)
    provide("postgresUrl", undefined)
    return
  }
  const client = new Client({ connectionString: url })
  await client.connect()
  // another run may make it at this moment
  await client.query(`create database ${database} encoding 'UTF8' template template0`).catch((error: unknown) => {
    if (!["42P04", "23505"].includes(String((error as { readonly code?: unknown }).code))) throw error
  })
  await client.end()
  const address = new URL(url)
  address.pathname = `/${database}`
  provide("postgresUrl", address.href)
}
