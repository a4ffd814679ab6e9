import { coordinationSuite } from "@sage-auth/core/testing"
import { redisCoordination } from "../src/index.ts"
import { describeWithServer, it, serverOfFile } from "./server.ts"

const { clients, prefix } = serverOfFile()

for (const [name, client] of clients) {
  coordinationSuite({
    name: `Redis over ${name}`,
    open: async () => redisCoordination({ client: await client(), prefix }),
    shared: true,
    describe: describeWithServer,
    it
  })
}
