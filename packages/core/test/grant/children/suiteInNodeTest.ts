/** The contract suite under another test framework than ours. */
import { describe, it } from "node:test"
import { layerGrantStoreMemory } from "../../../src/grant/memory.ts"
import { grantStoreSuite } from "../../../src/effect/testing.ts"

grantStoreSuite({ name: "memory", layer: layerGrantStoreMemory, durable: false, describe, it })
