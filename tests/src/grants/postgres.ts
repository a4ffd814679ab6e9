import { randomUUID } from "node:crypto"
import { Client } from "pg"
import { inject, onTestFinished } from "vitest"
import type { SharedStore } from "./children/task.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** the address of a PostgreSQL server; undefined: there is none, and tests that need one are skipped */
    readonly postgresUrl: string | undefined
  }
}

/** Whether there is no PostgreSQL server. In CI the run has failed then. */
export const noServer = inject("postgresUrl") === undefined

/** Where grants of one test are in PostgreSQL. */
export type PostgresPlace = Extract<SharedStore, { readonly schema: string }>

/** One statement over a connection of its own. */
export const ask = async (url: string, text: string): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows as ReadonlyArray<Record<string, unknown>>
  } finally {
    await client.end()
  }
}

/** A schema of this test's own, which the first store makes; it is dropped when the test ends. */
export const temporarySchema = (): PostgresPlace => {
  const url = inject("postgresUrl") ?? ""
  const schema = `test_${randomUUID().replaceAll("-", "")}`
  onTestFinished(async () => {
    await ask(url, `drop schema if exists ${schema} cascade`)
  })
  return { url, schema }
}

/** Makes what is stored older: its age is the database's to tell, whatever clock an application has. */
export const older = async (store: SharedStore, milliseconds: number): Promise<void> => {
  if (!("schema" in store)) return
  await ask(
    store.url,
    `update ${store.schema}.grants set sealed_at = sealed_at - ${milliseconds}, due_at = due_at - ${milliseconds}`
  )
}
