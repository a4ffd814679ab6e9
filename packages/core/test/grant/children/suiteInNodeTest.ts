/** The contract suite under another test framework than ours. */
import { describe, it } from "node:test"
import { layerMemory } from "../../../src/grant/memory.ts"
import { grantStoreSuite } from "../../../src/effect/testing.ts"

grantStoreSuite({ name: "memory", layer: layerMemory, durable: false, describe, it })
