import { randomUUID } from "node:crypto"
import { Client } from "pg"
import { afterAll, describe, inject, it } from "vitest"

const found = inject("postgresUrl")

/** Whether there is no server. In CI the run has failed then. */
export const noServer = found === undefined

/** The address of the tests' database; only of use where there is a server. */
export const url = found ?? "postgresql://nowhere.invalid/none"

/** `describe` where there is a server; elsewhere what is in it is skipped. */
export const describeWithServer: (name: string, body: () => void) => unknown =
  // in CI the run has failed before, see database.ts
  // oxlint-disable-next-line vitest/valid-title, vitest/valid-describe-callback -- the tests call it with both
  describe.skipIf(noServer)

export { it }

/** The name of a schema for one test file; it is dropped when the file ends. */
export const schemaOfFile = (): string => {
  const schema = `test_${randomUUID().replaceAll("-", "")}`
  if (found !== undefined) {
    afterAll(() => query(`drop schema if exists "${schema}" cascade`))
  }
  return schema
}

/** One statement over a connection of its own. */
export const query = async (text: string, values: Array<unknown> = []): Promise<Array<Record<string, unknown>>> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text, values)).rows as Array<Record<string, unknown>>
  } finally {
    await client.end()
  }
}
