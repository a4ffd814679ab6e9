import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Effort } from "../effort.ts"
import { number, type Table } from "../table.ts"

/** An application: what it installs by itself, and what of this library. */
interface Application {
  readonly name: string
  readonly alone: Readonly<Record<string, string>>
  readonly ours: ReadonlyArray<"core" | "express" | "nest">
}

const applications: ReadonlyArray<Application> = [
  { name: "a script", alone: {}, ours: ["core"] },
  { name: "Express", alone: { express: "^5.3.0" }, ours: ["core", "express"] },
  {
    name: "NestJS",
    alone: {
      "@nestjs/common": "^12.5.0",
      "@nestjs/core": "^12.5.0",
      "@nestjs/platform-express": "^12.5.0",
      "reflect-metadata": "^0.2.2",
      rxjs: "^7.8.2"
    },
    ours: ["core", "nest"]
  },
  { name: "Effect", alone: { effect: "^4.1.0" }, ours: ["core"] }
]

const workspace = fileURLToPath(new URL("../../../", import.meta.url))

/** The tarball that `check:packages` has left. */
const tarballOf = async (name: string): Promise<string> => {
  const folder = join(workspace, "packages", name, ".pack")
  const tarball = (await readdir(folder).catch(() => [])).find((file) => file.endsWith(".tgz"))
  if (tarball === undefined) {
    throw new Error(`packages/${name} is not packed. Run first: npx -y pnpm@12.21.0 check:packages`)
  }
  return `file:${join(folder, tarball)}`
}

const sizeOf = async (folder: string): Promise<number> => {
  const files = await readdir(folder, { recursive: true }).catch(() => [])
  const found = await Promise.all(files.map((file) => stat(join(folder, file))))
  return found.reduce((sum, each) => sum + (each.isFile() ? each.size : 0), 0)
}

/** What npm installs for production: packages, and bytes of their files. */
const install = async (
  parent: string,
  dependencies: Readonly<Record<string, string>>
): Promise<{ readonly packages: number; readonly megabytes: number }> => {
  const folder = await mkdtemp(join(parent, "application-"))
  await mkdir(join(folder, "node_modules"))
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "application", private: true, dependencies }))
  const parameters = ["install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
  await promisify(execFile)("npm", parameters, { cwd: folder })
  const { packages } = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, unknown>>
  }
  return {
    packages: Object.keys(packages).filter((place) => place !== "").length,
    megabytes: (await sizeOf(join(folder, "node_modules"))) / 1_000_000
  }
}

/** What an installation of bare applications takes, without this library and with it. */
export const installSize = async ({ rounds }: Effort): Promise<Table> => {
  const parent = await mkdtemp(join(tmpdir(), "sage-auth-install-"))
  try {
    const rows: Array<ReadonlyArray<string>> = []
    for (const { alone, name, ours } of rounds > 1 ? applications : applications.slice(0, 1)) {
      const tarballs = await Promise.all(
        ours.map(async (each) => [`@sage-auth/${each}`, await tarballOf(each)] as const)
      )
      const without = await install(parent, alone)
      const together = await install(parent, { ...alone, ...Object.fromEntries(tarballs) })
      rows.push([
        name,
        String(without.packages),
        String(together.packages),
        number(without.megabytes),
        number(together.megabytes),
        number(together.megabytes - without.megabytes)
      ])
    }
    return {
      title: "An installation by npm: number of packages, and megabytes of their files",
      header: ["", "packages alone", "with", "MB alone", "with", "more"],
      rows,
      notes: [
        "Sizes are those of the files, not of the blocks that a disk gives them. For production: --omit=dev.",
        "The same from run to run, but for what others publish meanwhile."
      ]
    }
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}
