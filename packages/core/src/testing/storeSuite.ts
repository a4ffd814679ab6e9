import * as Layer from "effect/Layer"
import { fromPort } from "../grant/fromPort.ts"
import type { StorePort } from "../grant/StorePort.ts"
import { grantStoreSuite } from "./grantStoreSuite.ts"

/** What the suite is told about an implementation, and the test framework that runs it. */
export interface StoreSuiteOptions {
  /** said in the titles */
  readonly name: string
  /**
   * Makes the store. It is made anew for each test, and twice at once in some. A durable one has to find its data
   * again. It need not be empty: the suite uses names of its own and looks at nothing else.
   */
  readonly open: () => StorePort
  /** whether it outlives the process: then the suite also closes it, opens it again, and opens it twice */
  readonly durable: boolean
  /** of vitest, `node:test` or any other framework in their manner */
  readonly describe: (name: string, body: () => void) => unknown
  /** of the same framework: one test, with its title */
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

/**
 * Registers the tests that every store has to pass. Nothing in this library relies on more than they show.
 *
 * @category testing
 */
export const storeSuite = ({ open, ...rest }: StoreSuiteOptions): void =>
  grantStoreSuite({ ...rest, layer: Layer.suspend(() => fromPort(open())) })
