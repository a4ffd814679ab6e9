import { storeSuite } from "@sage-auth/core/testing"
import { postgresStore } from "../src/index.ts"
import { describeWithServer, it, schemaOfFile, url } from "./server.ts"

const schema = schemaOfFile()

storeSuite({
  name: "PostgreSQL",
  open: () => postgresStore({ url, schema, connections: 2 }),
  durable: true,
  describe: describeWithServer,
  it
})
