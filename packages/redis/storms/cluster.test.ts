import { coordinationSuite } from "@sage-auth/core/testing"
import { afterAll, beforeAll, describe, it } from "vitest"
import { redisCoordination } from "../src/index.ts"
import { oldest, type Opened } from "../test/libraries.ts"
import { ownCluster, type OwnServers } from "../test/ownServer.ts"
import { describeInstalled, skipped } from "../test/stormOver.ts"

describeInstalled(`a cluster of three nodes${skipped}`, () => {
  let cluster: OwnServers
  const opened = new Map<string, Opened>()
  beforeAll(async () => {
    cluster = await ownCluster()
    for (const { cluster: open, name } of oldest) opened.set(name, await open(cluster.ports))
  })
  afterAll(async () => {
    for (const { end } of opened.values()) await end()
    await cluster.end()
  })
  for (const { name } of oldest) {
    coordinationSuite({
      name: `a cluster over ${name}`,
      open: () => redisCoordination({ client: opened.get(name)!.client, prefix: `${name}:` }),
      shared: true,
      describe,
      it
    })
  }
})
