// Each sample of `sage-auth init --sample`: written to an empty folder, installed, compiled, started and called. The
// registry of this project has the packed packages; a sample finds them there by the versions that it names.
import assert from "node:assert/strict"
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { copyFile, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import process from "node:process"
import { createInterface } from "node:readline"
import { promisify } from "node:util"

const run = (cwd, file, parameters) =>
  promisify(execFile)(file, parameters, { cwd, maxBuffer: 1 << 26 }).then(
    ({ stdout }) => stdout,
    ({ message, stderr, stdout }) => {
      throw new Error(`${message}\n${stdout}${stderr}`)
    }
  )

const text = async (url) => {
  const answer = await fetch(url)
  assert.equal(answer.status, 200, url)
  return answer.text()
}

/** What each sample has to answer, at the address that it prints. */
const calls = {
  "business-cloud": async (url) => assert.match(await text(url), /<html/i),
  "intacct-rest": async (url) => assert.match(await text(url), /<html/i),
  x3: async (url) => {
    assert.match(await text(url), /<html/i)
    const customers = JSON.parse(await text(`${url}/customers?by=rest&as=basic&limit=3`))
    assert.ok(JSON.stringify(customers).length > 50, JSON.stringify(customers))
  }
}

/** Starts the compiled program, calls it at the address that it prints first, and ends it. */
const startAndCall = async (folder, call) => {
  const started = spawn(process.execPath, ["dist/main.js"], {
    cwd: folder,
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"]
  })
  const ended = once(started, "close")
  try {
    for await (const line of createInterface({ input: started.stdout })) {
      const url = /http:\/\/\S+/.exec(line)?.[0]
      if (url !== undefined) return await call(url)
    }
    throw new Error("it ended and printed no address")
  } finally {
    started.kill("SIGTERM")
    await ended
  }
}

const parent = await mkdtemp(join(tmpdir(), "sage-auth-samples-"))
try {
  for (const name of ["intacct-xml", "business-cloud", "intacct-rest", "x3"]) {
    const folder = join(parent, name)
    await run(process.cwd(), "node_modules/.bin/sage-auth", ["init", "--sample", name, folder])
    await copyFile(".npmrc", join(folder, ".npmrc"))
    await run(folder, "npm", [
      "install",
      "--no-audit",
      "--no-fund",
      "--prefer-offline",
      "--strict-peer-deps",
      "--loglevel=error"
    ])
    await run(folder, "npm", ["run", "build"])
    const call = calls[name]
    // the sample of Intacct's XML API is a program that ends
    if (call === undefined) assert.match(await run(folder, process.execPath, ["dist/main.js"]), /sandbox/)
    else await startAndCall(folder, call)
    console.log(`${name}: installed, compiled, started and called`)
  }
} finally {
  await rm(parent, { recursive: true, force: true })
}
