// Each sample of `sage-auth init --sample`: written to an empty folder, installed, compiled and started, and every flow
// of it called. The registry of this project has the packed packages: a sample finds them by the versions that it names.
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

const unescaped = (text) =>
  text.replace(/&(?:amp|lt|gt|quot|#(\d+));/g, (all, code) =>
    code === undefined ? { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"' }[all] : String.fromCodePoint(code)
  )

const attributesOf = (tag) =>
  Object.fromEntries(Array.from(tag.matchAll(/([\w-]+)="([^"]*)"/g), ([, name, value]) => [name, unescaped(value)]))

/** A browser, as far as the pages of the samples and of the sandbox need one. */
const openBrowser = () => {
  const jars = new Map()
  const visit = async (address, init = {}) => {
    let [next, request] = [new URL(address), init]
    for (let hops = 0; hops < 12; hops++) {
      if (!jars.has(next.host)) jars.set(next.host, new Map())
      const jar = jars.get(next.host)
      const headers = { accept: "text/html", ...request.headers }
      if (jar.size > 0) headers.cookie = Array.from(jar, (pair) => pair.join("=")).join("; ")
      const answer = await fetch(next, { ...request, headers, redirect: "manual" })
      for (const [, name, value] of answer.headers.getSetCookie().map((cookie) => /^([^=]+)=([^;]*)/.exec(cookie))) {
        jar.set(name, value)
      }
      const text = await answer.text()
      const location = answer.headers.get("location")
      if (location === null) return { url: next.href, status: answer.status, text }
      next = new URL(location, next)
      request = {}
    }
    throw new Error("these redirects do not end")
  }
  return {
    visit,
    /** Clicks the button with this label. A form that sends itself has none. */
    click: (page, label) => {
      const forms = Array.from(page.text.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g), ([, form, inside]) => {
        const buttons = [...inside.matchAll(/<button\b([^>]*)>([\s\S]*?)<\/button>/g)]
        return { form, inside, button: buttons.find(([, , shown]) => label?.test(unescaped(shown)) === true)?.[1] }
      })
      const found = label === undefined ? forms[0] : forms.find(({ button }) => button !== undefined)
      assert.ok(found, `no button ${label} on ${page.url}: ${page.text}`)
      const body = new URLSearchParams()
      for (const tag of [
        ...Array.from(found.inside.matchAll(/<input\b([^>]*)>/g), ([, input]) => input),
        found.button
      ]) {
        const { name, value = "" } = attributesOf(tag ?? "")
        if (name !== undefined) body.append(name, value)
      }
      const action = new URL(attributesOf(found.form).action ?? "", page.url)
      const { origin } = new URL(page.url)
      const site = action.origin === origin ? "same-origin" : "cross-site"
      return visit(action, { method: "POST", body, headers: { origin, "sec-fetch-site": site } })
    }
  }
}

const shows = ({ status, text, url }, expected) => {
  assert.equal(status, 200, `${url}: ${text}`)
  assert.match(text, expected, url)
}

/** Every page that the start page links to as a way to customers; those by a human's consent are for the caller. */
const readCustomers = async (browser, url, button, count) => {
  const home = await browser.click(await browser.visit(url), /Acme/)
  const ways = Array.from(home.text.matchAll(/href="(\/customers[^"]*)"/g), ([, address]) => unescaped(address))
  assert.equal(ways.length, count, ways.join())
  for (const way of ways) {
    let page = await browser.visit(`${url}${way}&limit=1`)
    if (!page.url.startsWith(url)) page = await browser.click(page, button)
    shows(page, /Northwind Traders/)
  }
}

/** Every flow of a sample, called at the address that it prints; by the variables that it is started with. */
const calls = {
  "business-cloud": [
    [
      {},
      async (url, browser) => {
        await browser.click(await browser.visit(url), /Harbour/)
        const asked = await browser.click(await browser.visit(`${url}/contacts`), /ada@harbour/)
        const contacts = await browser.click(asked, /^Allow/)
        shows(contacts, /Contacts of Harbour Coffee Ltd/)
        assert.ok((await browser.visit(`${url}/contacts.ndjson`)).text.trimEnd().split("\n").length > 20)
        shows(await browser.click(contacts, /^Orchard Rooms/), /Contacts of Orchard Rooms Ltd/)
        shows(await browser.visit(url), /<strong>connected<\/strong>/)
      }
    ]
  ],
  "intacct-rest": [
    [
      {},
      async (url, browser) => {
        await browser.click(await browser.visit(url), /Acme/)
        for (const query of ["", "?entity=E1&by=header", "?entity=E1&by=token"]) {
          shows(await browser.visit(`${url}/vendors${query}`), /Vendors of Acme Holdings/)
        }
        for (const address of ["/payables", "/public-payables"]) {
          const asked = await browser.click(await browser.visit(`${url}${address}`), /xml_gateway@AcmeHoldings/)
          shows(await browser.click(asked, /^Allow/), /Bills of Acme Holdings/)
        }
        shows(await browser.visit(`${url}/bridge`), /"vendorsByXmlSession":160,"customersByRestSession":160/)
        shows(await browser.visit(`${url}/status`), /"company":"acmeholdings"/)
        shows(await browser.visit(`${url}/health`), /"status":"ok"/)
      }
    ]
  ],
  x3: [
    [{}, (url, browser) => readCustomers(browser, url, /^Allow as grace@/, 14)],
    [{ X3_DEPLOYMENT: "online" }, (url, browser) => readCustomers(browser, url, /^Allow as grace@/, 9)],
    [
      { X3_DEPLOYMENT: "multi-tenant" },
      async (url, browser) => {
        await browser.click(await browser.visit(url), /Acme/)
        let page = await browser.visit(`${url}/sage/connect/gateway?returnTo=/customers%3Fby%3Dgraphql%26limit%3D1`)
        for (const button of [/^Decide as an X3 user/, /^Sign in as wsadmin/, /^Allow/, undefined]) {
          page = await browser.click(page, button)
        }
        shows(page, /Northwind Traders/)
      }
    ]
  ]
}

/** What the program of Intacct's XML API has to say, a line of every flow. */
const said = [
  "one session: 160 x VENDOR",
  "every page: 160 x VENDOR on 4 pages",
  "entity E1: 80 x VENDOR; back at top level: 160",
  "transaction: aborted, aborted, aborted",
  "hand-over: another client read 5 x CUSTOMER",
  "relay: the document of another client read 5 x CUSTOMER",
  "login per request: 160 x VENDOR",
  "slide-in: 160 x VENDOR of acmeclient",
  "40 calls at once, and the session died after ten of them: all answered",
  "meter: "
]

/** Starts the compiled program, calls it at the address that it prints first, and ends it, as Ctrl+C and systems do. */
const startAndCall = async (folder, variables, call, signal) => {
  const started = spawn(process.execPath, ["dist/main.js"], {
    cwd: folder,
    env: { ...process.env, PORT: "0", ...variables },
    stdio: ["ignore", "pipe", "inherit"]
  })
  const ended = once(started, "close")
  try {
    const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]()
    const { value: line = "" } = await lines.next()
    const url = /^http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
    assert.ok(url, `it printed no address but ${line}`)
    await call(url, openBrowser())
  } finally {
    started.kill(signal)
  }
  assert.deepEqual(await ended, [0, null], `it does not end well with ${signal}`)
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
    // the sample of Intacct's XML API is a program that ends
    if (name === "intacct-xml") {
      const printed = await run(folder, process.execPath, ["dist/main.js"])
      for (const line of said) assert.ok(printed.includes(line), `${line} is missing in ${printed}`)
    } else {
      for (const signal of ["SIGINT", "SIGTERM"]) {
        for (const [variables, call] of calls[name]) await startAndCall(folder, variables, call, signal)
      }
    }
    console.log(`${name}: installed and compiled, every flow called`)
  }
} finally {
  await rm(parent, { recursive: true, force: true })
}
