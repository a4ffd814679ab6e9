import { randomBytes } from "node:crypto"
import { Agent, request } from "node:https"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { defaultSettings, makeApplication } from "../../../packages/core/src/application/makeApplication.ts"
import { isSageAuthError } from "../../../packages/core/src/errors/SageAuthError.ts"
import type { SageEvent } from "../../../packages/core/src/telemetry/SageEvent.ts"
import type { Fetch } from "../../../packages/core/src/transport/Answer.ts"
import { fromThrown } from "../../../packages/core/src/transport/TransportFailure.ts"
import { fetchTrusting, openTls } from "../../../packages/core/src/transport/tls.ts"
import type { CertificateOptions } from "../../../packages/core/src/x3/auth.ts"
import { ClientCertificates, type ClientCertificatesOptions } from "../../../packages/core/src/x3/ClientCertificates.ts"
import {
  type CertificateOptions as IssueOptions,
  foreignAuthority,
  makeAuthority,
  ownAuthority
} from "../../../packages/sandbox/src/x3/certificates.ts"
import { formsOf } from "../../src/canary.ts"
import { replaceableFile } from "../../src/x3/replaceableFile.ts"
import { nameOf, serveTls } from "../../src/x3/tlsServer.ts"

const day = 24 * 60 * 60_000
const passphrase = "canary-9f3b\"<&>'é-passphrase"
const versions = ["TLSv1.2", "TLSv1.3"] as const

const authority = await ownAuthority()
const foreign = await foreignAuthority()
const ca = authority.certificate
const issue = (options: Partial<IssueOptions> = {}) =>
  Effect.promise(() => authority.issueClient({ commonName: "ADMIN", passphrase, ...options }))

const get = (fetch: Fetch, url: string, init?: RequestInit) =>
  Effect.promise(async () => (await fetch(url, init)).text())

const announced = (events: ReadonlyArray<SageEvent>) =>
  events.flatMap((event) => (event.type === "certificate-expiring" ? [[event.tenant, event.daysLeft]] : []))

/** A promise that the test resolves. */
const gate = () => {
  let open: (() => void) | undefined
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  return { promise, resolve: () => open?.() }
}

/** How a request failed. */
const refused = (fetch: Fetch, url: string, init?: RequestInit) =>
  Effect.map(
    Effect.flip(
      Effect.tryPromise({ try: async () => (await fetch(url, init)).text(), catch: (thrown) => fromThrown(thrown) })
    ),
    ({ problem, processed }) => `${problem}, ${processed === "no" ? "never" : "maybe"} sent`
  )

/** The places of tenants in memory. */
const slots = () => {
  const made: Record<string, object> = {}
  return (tenant: string): object => (made[tenant] ??= {})
}

/** The certificates of a connection, with a clock that the test moves and everything that was announced. */
const open = (auth: ClientCertificatesOptions["auth"], connectionCa?: string | URL) =>
  Effect.gen(function* () {
    const time = { now: Date.now() }
    const events: Array<SageEvent> = []
    const application = yield* makeApplication({
      ...defaultSettings,
      keys: [Redacted.make(randomBytes(32).toString("base64url"))],
      clock: { now: () => time.now }
    })
    const certificates = new ClientCertificates(
      { ...application, publish: (event) => events.push(event) },
      { surface: "x3-web-services", connection: "erpTls", auth, slot: slots(), ca: connectionCa }
    )
    return { certificates, events, time, types: () => events.map(({ type }) => type) }
  })

describe("a client certificate", () => {
  it.effect.each(versions)("logs in with its common name, from a PKCS #12 file and from a pair (%s)", (maxVersion) =>
    Effect.gen(function* () {
      const server = yield* serveTls({ maxVersion })
      const { cert, encryptedKey, key, pfx } = yield* issue({ commonName: "ÉLISE" })
      for (const options of [
        { pfx, passphrase, ca },
        { cert, key, ca },
        { cert, key: encryptedKey, passphrase, ca }
      ] satisfies Array<CertificateOptions>) {
        const { certificates } = yield* open(options)
        const certificate = yield* certificates.acquire("acme")
        assert.strictEqual(yield* get(certificate.fetch, server.url), "welcome")
        assert.strictEqual(certificate.commonName, "ÉLISE")
      }
      assert.deepStrictEqual(server.names, ["ÉLISE", "ÉLISE", "ÉLISE"])
    })
  )

  it.effect.each(versions)("that the server refuses is told from a broken connection (%s)", (maxVersion) =>
    Effect.gen(function* () {
      const server = yield* serveTls({ maxVersion })
      const strange = yield* Effect.promise(() => foreign.issueClient({ commonName: "ADMIN" }))
      const ended = yield* issue({ notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) })
      const coming = yield* issue({ notBefore: new Date(Date.now() + day) })
      for (const { cert, key } of [strange, ended, coming]) {
        const { fetch } = openTls({ ca: [ca], identity: { cert, key } })
        for (const init of [{}, { method: "POST", body: "x".repeat(100_000) }]) {
          assert.match(yield* refused(fetch, server.url, init), /^certificate-refused, /)
        }
      }
      assert.deepStrictEqual(server.names, [])
    })
  )

  it.effect("that is missing is told where the server says so, which needs TLS 1.3", () =>
    Effect.gen(function* () {
      const [older, newer] = [yield* serveTls({ maxVersion: "TLSv1.2" }), yield* serveTls({ maxVersion: "TLSv1.3" })]
      assert.strictEqual(yield* refused(fetchTrusting(ca), newer.url), "certificate-refused, never sent")
      assert.strictEqual(yield* refused(fetchTrusting(ca), older.url), "tls, never sent")
    })
  )

  it.effect("is not blamed for a server that goes away before it answers", () =>
    Effect.gen(function* () {
      const { cert, key } = yield* issue()
      const { fetch } = openTls({ ca: [ca], identity: { cert, key } })
      for (const maxVersion of versions) {
        const server = yield* serveTls({ maxVersion, listener: ({ socket }) => socket.destroy() })
        assert.strictEqual(yield* refused(fetch, server.url), "reset, maybe sent")
      }
      const server = yield* serveTls({ listener: (_, response) => response.destroy() })
      const all = yield* Effect.all(
        Array.from({ length: 20 }, () => refused(fetch, server.url)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(all), new Set(["reset, maybe sent"]))
    })
  )

  it.effect("is shown to no server whose own certificate cannot be trusted", () =>
    Effect.gen(function* () {
      const { cert, key } = yield* issue()
      const identity = { cert, key }
      const server = yield* serveTls({ authority: foreign, clients: "ignored" })
      assert.strictEqual(yield* refused(openTls({ ca: [ca], identity }).fetch, server.url), "tls, never sent")
      // and no variable of the environment changes that
      process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0"
      try {
        assert.strictEqual(yield* refused(openTls({ ca: [ca], identity }).fetch, server.url), "tls, never sent")
        assert.strictEqual(yield* refused(fetchTrusting(ca), server.url), "tls, never sent")
      } finally {
        delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"]
      }
      assert.deepStrictEqual(server.names, [])
    })
  )

  it.effect("trusts the private authorities of its own options and of the connection, and no others", () =>
    Effect.gen(function* () {
      const [second, third] = yield* Effect.promise(() => Promise.all([makeAuthority("two"), makeAuthority("three")]))
      const servers = [
        yield* serveTls(),
        yield* serveTls({ authority: second, clients: "ignored" }),
        yield* serveTls({ authority: third, clients: "ignored" })
      ] as const
      const { cert, key } = yield* issue()
      const { certificates } = yield* open({ cert, key, ca }, second.certificate)
      const { fetch } = yield* certificates.acquire("acme")
      assert.strictEqual(yield* get(fetch, servers[0].url), "welcome")
      assert.strictEqual(yield* get(fetch, servers[1].url), "welcome")
      assert.strictEqual(yield* refused(fetch, servers[2].url), "tls, never sent")
    })
  )

  it.effect("can be handed to another HTTP library", () =>
    Effect.gen(function* () {
      const server = yield* serveTls()
      const { cert, encryptedKey, pfx } = yield* issue()
      for (const options of [
        { pfx, passphrase, ca },
        { cert, key: encryptedKey, passphrase, ca }
      ] satisfies Array<CertificateOptions>) {
        const { certificates } = yield* open(options)
        const tls = (yield* certificates.acquire("acme")).tls()
        assert.isTrue(tls.ca?.includes(ca))
        const agent = new Agent(tls)
        const status = yield* Effect.promise(
          () =>
            new Promise((resolve, reject) => {
              request(server.url, { agent }, (response) => {
                response.resume()
                resolve(response.statusCode)
              })
                .on("error", reject)
                .end()
            })
        )
        assert.strictEqual(status, 200)
        agent.destroy()
      }
      assert.deepStrictEqual(server.names, ["ADMIN", "ADMIN"])
    })
  )

  it.effect("keeps its connections from request to request", () =>
    Effect.gen(function* () {
      const ports = new Set<number | undefined>()
      const server = yield* serveTls({
        listener: ({ socket }, response) => {
          ports.add(socket.remotePort)
          response.end("again")
        }
      })
      const { pfx } = yield* issue()
      const { certificates } = yield* open({ pfx, passphrase, ca })
      const certificate = yield* certificates.acquire("acme")
      for (let round = 0; round < 10; round++) {
        yield* get(certificate.fetch, server.url)
        assert.strictEqual(yield* certificates.acquire("acme", certificate), certificate)
      }
      assert.isBelow(ports.size, 5)
    })
  )
})

describe("files of a certificate", () => {
  it.effect("are read again when they were replaced, and requests under way finish", () =>
    Effect.gen(function* () {
      const arrived = gate()
      const answer = gate()
      const server = yield* serveTls({
        listener: (incoming, response) => {
          const name = nameOf(incoming.socket)
          if (incoming.url !== "/slow") return void response.end(name)
          response.write("slow ")
          arrived.resolve()
          return void answer.promise.then(() => response.end(name))
        }
      })
      const [first, second] = [yield* issue({ commonName: "FIRST" }), yield* issue({ commonName: "SECOND" })]
      const file = yield* replaceableFile("client.pfx")
      file.write(first.pfx)
      const { certificates, events } = yield* open({ pfx: file.url, passphrase, ca })
      const certificate = yield* certificates.acquire("acme")
      const before = certificate.fingerprint
      const slow = yield* Effect.forkChild(get(certificate.fetch, `${server.url}/slow`), { startImmediately: true })
      yield* Effect.promise(() => arrived.promise)
      file.write(second.pfx)
      const storm = yield* Effect.all(
        Array.from({ length: 30 }, () => get(certificate.fetch, server.url)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(storm), new Set(["SECOND"]))
      answer.resolve()
      assert.strictEqual(yield* Fiber.join(slow), "slow FIRST")
      assert.notStrictEqual(certificate.fingerprint, before)
      assert.deepStrictEqual([certificate.commonName, certificate.expiresAt], ["SECOND", second.notAfter.getTime()])
      assert.deepStrictEqual(events, [])
    })
  )

  it.effect("that are replaced again and again lose no request", () =>
    Effect.gen(function* () {
      const server = yield* serveTls()
      const all = yield* Effect.all(
        Array.from({ length: 5 }, (_, index) => issue({ commonName: `USER${index}` })),
        { concurrency: "unbounded" }
      )
      const file = yield* replaceableFile("client.pfx")
      file.write((all[0] as (typeof all)[0]).pfx)
      const { certificates } = yield* open({ pfx: file.url, passphrase, ca })
      const { fetch } = yield* certificates.acquire("acme")
      const answers = yield* Effect.all(
        Array.from({ length: 100 }, (_, index) =>
          Effect.suspend(() => {
            if (index % 5 === 0) file.write((all[(index / 5) % 5] as (typeof all)[0]).pfx)
            return get(fetch, server.url)
          })
        ),
        { concurrency: 10 }
      )
      assert.deepStrictEqual(new Set(answers), new Set(["welcome"]))
      assert.isAbove(new Set(server.names).size, 1)
    })
  )

  it.effect("whose chain alone was replaced are taken over too", () =>
    Effect.gen(function* () {
      const server = yield* serveTls()
      const { cert, key } = yield* issue()
      const file = yield* replaceableFile("client.crt")
      file.write(cert)
      const { certificates } = yield* open({ cert: file.url, key, ca })
      const certificate = yield* certificates.acquire("acme")
      file.write(`${cert}${ca}`)
      assert.strictEqual(yield* get(certificate.fetch, server.url), "welcome")
      assert.deepInclude(certificate.tls(), { cert: `${cert}${ca}` })
    })
  )

  it.effect("that are broken leave what is open alone, and are announced once", () =>
    Effect.gen(function* () {
      const server = yield* serveTls({ listener: ({ socket }, response) => response.end(nameOf(socket)) })
      const [first, second] = [yield* issue({ commonName: "FIRST" }), yield* issue({ commonName: "SECOND" })]
      const [cert, key] = [yield* replaceableFile("client.crt"), yield* replaceableFile("client.key")]
      cert.write(first.cert)
      key.write(first.key)
      const { certificates, events } = yield* open({ cert: cert.url, key: key.url, ca })
      const certificate = yield* certificates.acquire("acme")
      const before = certificate.fingerprint
      // half of the pair
      cert.write(second.cert)
      for (let round = 0; round < 3; round++) assert.strictEqual(yield* get(certificate.fetch, server.url), "FIRST")
      assert.strictEqual(yield* certificates.acquire("acme", certificate), certificate)
      assert.strictEqual(certificate.fingerprint, before)
      assert.deepStrictEqual(
        events.map((event) => ({ ...event, at: 0 })),
        [
          {
            type: "renewal-failed",
            surface: "x3-web-services",
            connection: "erpTls",
            tenant: "acme",
            at: 0,
            reason: "Misconfigured",
            code: undefined,
            covered: true,
            issues: [
              {
                option: "connections.erpTls.auth.key",
                expected: "the private key of the certificate in cert: this one belongs to another"
              }
            ]
          }
        ]
      )
      // a file that is missing for a moment is no news
      key.remove()
      assert.strictEqual(yield* get(certificate.fetch, server.url), "FIRST")
      key.write(second.key)
      assert.strictEqual(yield* get(certificate.fetch, server.url), "SECOND")
      assert.strictEqual(events.length, 1)
    })
  )

  it.effect("that stay broken fail once what was open has ended", () =>
    Effect.gen(function* () {
      const { notAfter, pfx } = yield* issue()
      const file = yield* replaceableFile("client.pfx")
      file.write(pfx)
      const { certificates, time } = yield* open({ pfx: file.url, passphrase, ca })
      const certificate = yield* certificates.acquire("acme")
      file.write("torn")
      time.now = notAfter.getTime()
      assert.strictEqual(yield* certificates.acquire("acme", certificate), certificate)
      time.now++
      const torn = yield* Effect.flip(certificates.acquire("acme", certificate))
      assert.deepStrictEqual(
        torn.reason.issues.map(({ option }) => option),
        ["connections.erpTls.auth.pfx"]
      )
      // the old file again: whole, and over
      file.write(pfx)
      const ended = yield* Effect.flip(certificates.acquire("acme", certificate))
      assert.match(ended.message, /connections\.erpTls\.auth\.pfx: .*ended/)
    })
  )

  it.effect("of the connection's authority are read again too", () =>
    Effect.gen(function* () {
      const second = yield* Effect.promise(() => makeAuthority("second"))
      const server = yield* serveTls({ authority: second, clients: "ignored" })
      const { pfx } = yield* issue()
      const file = yield* replaceableFile("ca.pem")
      file.write(ca)
      const { certificates } = yield* open({ pfx, passphrase }, file.url)
      const { fetch } = yield* certificates.acquire("acme")
      assert.strictEqual(yield* refused(fetch, server.url), "tls, never sent")
      file.write(`${ca}${second.certificate}`)
      assert.strictEqual(yield* get(fetch, server.url), "welcome")
    })
  )
})

describe("a function of the tenant", () => {
  it.effect("is asked for each tenant, and again at a renewal, which replaces in place", () =>
    Effect.gen(function* () {
      const server = yield* serveTls({ listener: ({ socket }, response) => response.end(nameOf(socket)) })
      let round = 0
      const { certificates, time } = yield* open(async (tenant) => {
        const { pfx } = await authority.issueClient({ commonName: `${tenant}${round}`, passphrase })
        return { pfx, passphrase, ca }
      })
      const acme = yield* certificates.acquire("acme")
      const beta = yield* certificates.acquire("beta")
      assert.strictEqual(yield* get(acme.fetch, server.url), "acme0")
      assert.strictEqual(yield* get(beta.fetch, server.url), "beta0")
      assert.strictEqual(acme.renewAt, time.now + day)
      round++
      time.now += day
      assert.strictEqual(yield* certificates.acquire("acme", acme), acme)
      assert.strictEqual(yield* get(acme.fetch, server.url), "acme1")
      assert.strictEqual(yield* get(beta.fetch, server.url), "beta0")
      assert.strictEqual(acme.renewAt, time.now + day)
    })
  )

  it.effect("whose answer is the same keeps its connections", () =>
    Effect.gen(function* () {
      const ports = new Set<number | undefined>()
      const server = yield* serveTls({
        listener: ({ socket }, response) => {
          ports.add(socket.remotePort)
          response.end()
        }
      })
      const { pfx } = yield* issue()
      const { certificates } = yield* open(() => ({ pfx, passphrase, ca }))
      const certificate = yield* certificates.acquire("acme")
      for (let round = 0; round < 10; round++) {
        yield* get(certificate.fetch, server.url)
        yield* certificates.acquire("acme", certificate)
      }
      assert.isBelow(ports.size, 5)
    })
  )

  it.effect("that answers something broken fails, and what is held goes on", () =>
    Effect.gen(function* () {
      const server = yield* serveTls()
      const { key, pfx } = yield* issue()
      let answer: unknown = { pfx, passphrase, ca }
      const { certificates } = yield* open(() => {
        if (answer instanceof Error) throw answer
        return answer as CertificateOptions
      })
      const certificate = yield* certificates.acquire("acme")
      for (const broken of [{ pfx, passphrase: `${passphrase}!` }, { cert: "foo", key }, undefined, new Error(key)]) {
        answer = broken
        const error = yield* Effect.flip(certificates.acquire("acme", certificate))
        assert.strictEqual(error.id, "client.misconfigured")
        assert.deepInclude(error, { connection: "erpTls", tenant: "acme" })
        assert.strictEqual(yield* get(certificate.fetch, server.url), "welcome")
      }
    })
  )
})

describe("a certificate that ends soon", () => {
  it.effect("is announced from 60 days before its end, once a day for each tenant", () =>
    Effect.gen(function* () {
      const server = yield* serveTls()
      const { notAfter, pfx } = yield* issue()
      const { certificates, events, time } = yield* open({ pfx, passphrase, ca })
      const certificate = yield* certificates.acquire("acme")
      time.now = notAfter.getTime() - 60 * day - 1
      yield* get(certificate.fetch, server.url)
      assert.deepStrictEqual(announced(events), [])
      time.now++
      for (let round = 0; round < 3; round++) yield* get(certificate.fetch, server.url)
      assert.deepStrictEqual(announced(events), [["acme", 60]])
      const beta = yield* certificates.acquire("beta")
      yield* get(beta.fetch, server.url)
      assert.deepStrictEqual(announced(events), [
        ["acme", 60],
        ["beta", 60]
      ])
      time.now += day - 1
      yield* certificates.acquire("acme", certificate)
      assert.strictEqual(announced(events).length, 2)
      time.now++
      yield* certificates.acquire("acme", certificate)
      yield* get(certificate.fetch, server.url)
      assert.deepStrictEqual(announced(events).slice(2), [["acme", 59]])
      time.now = notAfter.getTime() - 1
      yield* get(certificate.fetch, server.url)
      assert.deepStrictEqual(announced(events).slice(3), [["acme", 0]])
    })
  )

  it.effect("is announced no more once its files were replaced", () =>
    Effect.gen(function* () {
      const server = yield* serveTls()
      const soon = yield* issue({ notAfter: new Date(Date.now() + 10 * day) })
      const later = yield* issue()
      const file = yield* replaceableFile("client.pfx")
      file.write(soon.pfx)
      const { certificates, events, time } = yield* open({ pfx: file.url, passphrase, ca })
      const certificate = yield* certificates.acquire("acme")
      assert.deepStrictEqual(announced(events), [["acme", 9]])
      file.write(later.pfx)
      time.now += 2 * day
      yield* get(certificate.fetch, server.url)
      assert.strictEqual(announced(events).length, 1)
    })
  )
})

describe("passphrase and key of a certificate", () => {
  it.effect("are shown by nothing that goes wrong, is announced or is looked at", () =>
    Effect.gen(function* () {
      const { cert, encryptedKey, key, pfx } = yield* issue({ notAfter: new Date(Date.now() + day) })
      const file = yield* replaceableFile("client.pfx")
      file.write(pfx)
      const shown: Array<unknown> = []
      const server = yield* serveTls({ authority: foreign })
      for (const options of [
        { pfx: file.url, passphrase, ca: foreign.certificate },
        { cert, key, ca: foreign.certificate },
        { cert, key: encryptedKey, passphrase, ca: foreign.certificate }
      ] satisfies Array<CertificateOptions>) {
        const { certificates, events } = yield* open(options)
        const certificate = yield* certificates.acquire("acme")
        const failure = yield* Effect.flip(
          Effect.tryPromise({ try: () => certificate.fetch(server.url), catch: (thrown) => thrown })
        )
        file.write(`torn ${passphrase}`)
        yield* Effect.ignore(Effect.tryPromise(() => certificate.fetch(server.url)))
        file.write(pfx)
        shown.push(certificates, certificate, failure, fromThrown(failure), ...events)
      }
      for (const broken of [
        { pfx, passphrase: `${passphrase}!` },
        { cert, key: encryptedKey, passphrase: `${passphrase}!` },
        { cert: key, key },
        { cert, key: key.replace("MIG", "MIH") },
        { pfx, passphrase, key }
      ] as Array<unknown>) {
        const { certificates } = yield* open(() => broken as CertificateOptions)
        const error = yield* Effect.flip(certificates.acquire("acme"))
        assert.isTrue(isSageAuthError(error))
        shown.push(error, error.reason, error.stack)
      }
      const text = shown
        .map((value) => {
          const raw = inspect(value, { depth: 20, showHidden: true, getters: true, maxArrayLength: null })
          return raw + String(value) + (JSON.stringify(value) ?? "")
        })
        .join("\n")
      const lines = [key, encryptedKey].flatMap((pem) => pem.split("\n").filter((line) => /^[\w+/=]{40,}$/.test(line)))
      assert.isNotEmpty(lines)
      for (const secret of [passphrase, ...lines]) for (const form of formsOf(secret)) assert.notInclude(text, form)
      assert.include(text, "certificate-expiring")
      assert.include(text, "renewal-failed")
    })
  )
})
