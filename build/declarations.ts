import { readFileSync } from "node:fs"
import { join, relative } from "node:path"

/**
 * Takes the declarations that the compiler has written to `.tsbuild`: `build` runs it first. Bundling would otherwise run
 * it once more for every build of a package.
 */
export const fromCompiler = {
  emit: (_source: string, file: string): { readonly code: string } => {
    const written = join(".tsbuild/src", relative("src", file).replace(/\.ts$/, ".d.ts"))
    return { code: readFileSync(written, "utf8").replace(/^\/\/# sourceMappingURL=.*$/m, "") }
  }
}
