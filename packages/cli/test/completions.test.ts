import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { Effect } from "effect"
import { runCommand } from "./runCommand.ts"

const folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))

const has = (shell: string): boolean => {
  try {
    execFileSync(shell, ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

beforeAll(async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { err, out, status } = await Effect.runPromise(runCommand(["--completions", shell], { folder }))
    assert.deepStrictEqual({ err, status }, { err: "", status: 0 })
    writeFileSync(join(folder, shell === "zsh" ? "_sage-auth" : `sage-auth.${shell}`), `${out}\n`)
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What bash offers for words, as if the tab key were pressed behind the last one. */
const inBash = (...words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const script = `
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}; COMP_TYPE=9
complete -p sage-auth >/dev/null || exit 3
function=$(complete -p sage-auth | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p')
"$function" sage-auth "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
printf '%s\\n' "\${COMPREPLY[@]}"
`
  const printed = execFileSync(
    "bash",
    ["--norc", "-c", script, "bash", join(folder, "sage-auth.bash"), "sage-auth", ...words],
    {
      encoding: "utf8"
    }
  )
  return printed
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
}

// shells are tried where they are; CI has all of them
const inCi = process.env["CI"] !== undefined

describe.skipIf(!inCi && !has("bash"))("bash", () => {
  it("offers commands by their beginning", () => {
    assert.includeMembers([...inBash("pr")], ["proxy"])
    assert.includeMembers([...inBash("")], ["advise", "proxy", "sandbox", "explain", "migrate"])
  })

  it("offers commands below a command", () => {
    assert.includeMembers([...inBash("sandbox", "cl")], ["clock", "clear-faults"])
    assert.includeMembers([...inBash("migrate", "")], ["intacct-sdk"])
  })

  it("offers options of a command", () => {
    assert.includeMembers([...inBash("proxy", "--")], ["--port", "--host", "--token"])
  })

  it("offers the options that every command has", () => {
    for (const words of [["request"], ["sandbox", "clock"], ["keys", "generate"], []]) {
      assert.includeMembers([...inBash(...words, "--")], ["--json", "--config", "--help"])
    }
  })

  it("offers the choices of an option", () => {
    assert.sameMembers([...inBash("sandbox", "--clock", "")], ["system", "manual"])
  })
})

describe.skipIf(!inCi && !has("zsh"))("zsh", () => {
  it("takes the script, and has a function for the command", () => {
    const script = 'fpath=("$1" $fpath); autoload -Uz compinit && compinit -D -u; print -r -- ${_comps[sage-auth]}'
    assert.strictEqual(
      execFileSync("zsh", ["-f", "-c", script, "zsh", folder], { encoding: "utf8" }).trim(),
      "_sage-auth"
    )
    execFileSync("zsh", ["-f", "-n", join(folder, "_sage-auth")])
    // what completes `keys generate` has an option that every command has
    const completing = /^_sage_auth_keys_generate\(\) \{[^]*?^\}/m.exec(
      readFileSync(join(folder, "_sage-auth"), "utf8")
    )
    assert.include(completing?.[0], "--json")
  })
})

/** What fish offers for a line. */
const offered = (line: string): string =>
  execFileSync(
    "fish",
    ["--no-config", "-c", `source $argv[1]; complete -C $argv[2]`, join(folder, "sage-auth.fish"), line],
    {
      encoding: "utf8"
    }
  )

describe.skipIf(!inCi && !has("fish"))("fish", () => {
  it("offers commands and options", () => {
    assert.include(offered("sage-auth pr"), "proxy")
    assert.include(offered("sage-auth sandbox --"), "--clock")
    assert.include(offered("sage-auth keys generate --js"), "--json")
  })
})
