import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { testsOfAll } from "./build/tests.ts"

/** Short files whose tests take long: suites that lie elsewhere, browsers, and processes that are waited for. */
const long = /\/suite\.test|apps\/hub\/|gateway-callback|terminal\.test|credential\/memory|ownServer|killed\.test/

const isLong = ({ moduleId }: TestSpecification) => long.test(moduleId)

/** Begins with what takes long, so that no processor waits for it at the end. Vitest knows it from its second run on. */
class LongFirst extends BaseSequencer {
  override async sort(files: ReadonlyArray<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort([...files])
    const others = sorted.filter(({ project }) => project.name === "nest-11")
    const own = sorted.filter((file) => !others.includes(file))
    return [...others, ...own.filter(isLong), ...own.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      testsOfAll("all", ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "tests/test/**/*.test.ts"]),
      "packages/nest/nest-11"
    ]
  }
})
