import { assert, describe, it } from "vitest"
import { readFolders } from "../../../src/x3/gateway/X3GatewayEngine.ts"

describe("the folders of a pairing", () => {
  it.each([
    [{ folders: [{ name: "SEED", $urls: {} }, { name: "REPOSX3" }] }, ["SEED", "REPOSX3"]],
    [{ folders: ["SEED"] }, ["SEED"]],
    [["SEED"], ["SEED"]],
    [{ folders: [] }, []]
  ])("are read from %j", (json, expected) => {
    assert.deepStrictEqual(readFolders(json), expected)
  })

  it.each([undefined, null, 5, "SEED", {}, { folders: {} }, { folders: [{ id: 1 }] }, { folders: [""] }])(
    "are not read from %j",
    (json) => {
      assert.isUndefined(readFolders(json))
    }
  )
})
