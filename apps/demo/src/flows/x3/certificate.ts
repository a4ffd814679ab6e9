import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { pathToFileURL } from "node:url"
import { createSageAuth, x3 } from "@sage-auth/core"
import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { watch } from "../intacct-xml/kit.ts"
import { customers, failureAtStart, failureOf, statusOf } from "./kit.ts"

const day = 86_400_000

/** A certificate says who calls; nothing of it is in a header. */
export const certificate: Flow = {
  name: "X3: client certificate",
  run: async ({ sandbox, settings, step }) => {
    const directory = mkdtempSync(path.join(tmpdir(), "sage-auth-demo-"))
    const file = path.join(directory, "integration.pfx")
    // TLS goes by the machine's clock, warnings by the sandbox's
    const soon = new Date(sandbox.clock.now() + 30 * day)
    const ending = await sandbox.x3.issueCertificate({ commonName: "wscert", notAfter: soon })
    const { passphrase } = ending
    const next = await sandbox.x3.issueCertificate({ commonName: "wsadmin", passphrase })
    const stranger = await sandbox.x3.issueCertificate({ commonName: "wscert", authority: "foreign" })
    const { ca } = sandbox
    const erpTls = (auth: Parameters<typeof x3.certificate>[0]) =>
      x3.onPremise({
        baseUrl: sandbox.urls["x3-web-services"].tls,
        auth: x3.certificate(auth),
        ca,
        environment: "sandbox"
      })
    try {
      writeFileSync(file, ending.pfx, { mode: 0o600 })
      const connections = { erpTls: erpTls({ pfx: pathToFileURL(file), passphrase }) }
      await using sage = createSageAuth({ connections, ...settings })
      const events = watch(sage)
      const client = sage.client("erpTls")
      await step(
        "fetch(…) on the port that asks for certificates",
        () => statusOf(client),
        (status, requests) => {
          same("status", status, 200)
          same("authenticated by", requests[0]?.authentication, "certificate")
          holds("no authorization header was sent", requests[0]?.headers.includes("authorization") === false)
          return `${status}: known by the certificate's common name, without any authorization header`
        }
      )
      await step(
        "what the event stream says",
        () => events.first("certificate-expiring"),
        ({ daysLeft, type }, requests) => {
          same("requests", requests.length, 0)
          holds("about a month is left", daysLeft === 29 || daysLeft === 30)
          return `${type}: ${daysLeft} days left`
        }
      )
      writeFileSync(file, next.pfx)
      await step(
        "the file is replaced under the running application",
        () => statusOf(client),
        (status) => {
          same("status", status, 200)
          return `${status}, with the new certificate`
        }
      )
      const end = (await client.status()).credentialExpiresAt
      holds("the new one is in use", end !== undefined && end > soon)
      await step(
        "its passphrase is wrong",
        () =>
          failureAtStart(() =>
            createSageAuth({ connections: { erpTls: erpTls({ pfx: next.pfx, passphrase: "not-it" }) }, ...settings })
          ),
        (error, requests) => {
          same("requests", requests.length, 0)
          holds("it names the option", error.message.includes("auth.passphrase"))
          holds("the passphrase is nowhere in it", !JSON.stringify([error, error.message]).includes("not-it"))
          return "refused at start-up, with the option that is wrong"
        }
      )
      await using other = createSageAuth({
        connections: { erpTls: erpTls({ pfx: stranger.pfx, passphrase: stranger.passphrase }) },
        ...settings
      })
      await step(
        "a certificate of another authority",
        () => failureOf(other.client("erpTls").fetch(customers)),
        (error) => {
          same("id", error.id, "x3-web-services.certificate-refused")
          return `${error.reason._tag}: the port closed during the handshake (${error.id})`
        }
      )
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
}
