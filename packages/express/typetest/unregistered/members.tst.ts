import type { ClientOf } from "@sage-auth/core"
import type { ChainingMember } from "@sage-auth/core/web"
import type { SandboxConnections } from "@sage-auth/sandbox"
import { describe, expect, test } from "tstyche"

type AnyClient = ClientOf<SandboxConnections[keyof SandboxConnections]>

/** the members of each client that are functions and give no promise */
type Immediate<C> = C extends unknown
  ? {
      [K in keyof C]: C[K] extends (...input: never) => infer A ? (A extends Promise<unknown> ? never : K) : never
    }[keyof C]
  : never

describe("a client whose tenant is asked for later", () => {
  test("chains every member that has no promise to put it off with", () => {
    expect<Immediate<AnyClient>>().type.toBe<ChainingMember>()
  })
})
