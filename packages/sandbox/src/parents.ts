import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import process from "node:process"

const every = 500

/**
 * Calls `gone` once one of the processes that this one was started by has ended: its parent and, where that is the
 * shell of a package manager, the package manager, which passes no signal on.
 */
export const watchParents = (gone: () => void): void => {
  const parent = process.ppid
  const watched = [parent, ...packageManagers(parent)]
  const timer = setInterval(() => {
    if (process.ppid === parent && watched.every(isAlive)) return
    clearInterval(timer)
    gone()
  }, every)
  timer.unref()
}

/** Whether this process was started by `npx` or one of its relatives. */
export const byPackageManager = (): boolean => process.env["npm_execpath"] !== undefined

const packageManagers = (pid: number): ReadonlyArray<number> => {
  const found = processOf(pid)
  return found !== undefined && found.parent > 1 && /^-?(?:sh|dash|bash|zsh|ash|busybox|cmd)\b/.test(found.name)
    ? [found.parent]
    : []
}

const processOf = (pid: number): { readonly name: string; readonly parent: number } | undefined => {
  try {
    // The name stands in parentheses and may hold any of them itself.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const end = stat.lastIndexOf(")")
    const [, parent = ""] = stat.slice(end + 2).split(" ")
    return { name: stat.slice(stat.indexOf("(") + 1, end), parent: Number(parent) }
  } catch {
    return processByPs(pid)
  }
}

const processByPs = (pid: number): { readonly name: string; readonly parent: number } | undefined => {
  try {
    const said = execFileSync("ps", ["-o", "ppid=,comm=", "-p", String(pid)], { encoding: "utf8" }).trim()
    const [parent = "", command = ""] = said.split(/\s+/, 2)
    return { name: command.slice(command.lastIndexOf("/") + 1), parent: Number(parent) }
  } catch {
    return undefined
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}
