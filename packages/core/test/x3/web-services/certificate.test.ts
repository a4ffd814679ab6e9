import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createServer } from "node:https"
import type { TLSSocket } from "node:tls"
import { createSageAuth, SageAuthError, type X3OnPremiseOptions, x3 } from "../../../src/index.ts"
import { type Authority, hasOpenssl, listen, makeAuthority } from "../../transport/servers.ts"
import { rejectionOf } from "./openErp.ts"
import { answer } from "./soap/strings.ts"

interface Seen {
  readonly path: string
  readonly authorization: string | undefined
  /** the common name of whoever showed a certificate */
  readonly shown: string | undefined
}

/** A server on a port that asks for client certificates of that authority. */
const serveClients = (authority: Authority, status: () => number, seen: Array<Seen>) => {
  const server = createServer(
    { ...authority.issue("IP:127.0.0.1"), ca: authority.certificate, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      const { CN } = (request.socket as TLSSocket).getPeerCertificate().subject
      const shown = Array.isArray(CN) ? CN[0] : CN
      seen.push({ path: request.url ?? "", authorization: request.headers.authorization, shown })
      response.writeHead(status(), { "content-type": "text/xml" })
      response.end(answer({}))
    }
  )
  return Effect.map(listen(server), (port) => `https://127.0.0.1:${port}`)
}

const open = (options: X3OnPremiseOptions) => createSageAuth({ connections: { erp: x3.onPremise(options) } })

describe.skipIf(!hasOpenssl)("a client certificate", () => {
  it.effect("is shown in the handshake, with no header beside it", () =>
    Effect.gen(function* () {
      const authority = yield* makeAuthority
      const seen: Array<Seen> = []
      const baseUrl = yield* serveClients(authority, () => 200, seen)
      const auth = x3.certificate({ ...authority.issue("DNS:client"), ca: authority.certificate })
      const sage = createSageAuth({ connections: { erp: x3.onPremise({ baseUrl, auth }) } })
      const erp = sage.client("erp")
      const subjects: Array<string> = []
      const reading = (async () => {
        for await (const event of sage.events()) if (event.type === "advice") subjects.push(event.subject)
      })()
      yield* Effect.promise(async () => {
        assert.strictEqual((await erp.fetch("api1/x")).status, 200)
        assert.strictEqual((await erp.fetch("api1/y", { headers: { authorization: "Basic mine" } })).status, 200)
        assert.strictEqual((await erp.soap({ pool: "P", operation: "getDescription", publicName: "X" })).status, 1)
        assert.deepStrictEqual(await erp.headers(), {})
        assert.include(Object.keys(await erp.tls()), "key")
        const status = await erp.status()
        assert.strictEqual(status.state, "connected")
        assert.isAbove(status.credentialExpiresAt?.getTime() ?? 0, 0)
        assert.notProperty(erp, "authorize")
        await sage.close()
        await reading
      })
      assert.deepStrictEqual(
        seen.map(({ authorization, shown }) => [authorization, shown]),
        seen.map(() => [undefined, "test server"])
      )
      assert.lengthOf(seen, 3)
      assert.deepStrictEqual(subjects, ["authorization-dropped"])
    })
  )

  it.effect("that stands for nobody is told apart from one that is refused", () =>
    Effect.gen(function* () {
      const authority = yield* makeAuthority
      const foreign = yield* makeAuthority
      const seen: Array<Seen> = []
      const baseUrl = yield* serveClients(authority, () => 401, seen)
      const ca = authority.certificate
      const call = { pool: "P", operation: "getDescription", publicName: "X" } as const
      const unmapped = open({ baseUrl, auth: x3.certificate({ ...authority.issue("DNS:client") }), ca })
      const refused = open({ baseUrl, auth: x3.certificate({ ...foreign.issue("DNS:client") }), ca })
      const without = open({ baseUrl, auth: x3.bearer(() => "t"), ca })
      const told: Array<unknown> = []
      const reading = Promise.all(
        [unmapped, refused, without].map(async (sage, which) => {
          for await (const { type, ...event } of sage.events()) {
            if (type === "credential-rejected") told.push([which, "what" in event && event.what])
          }
        })
      )
      yield* Effect.promise(async () => {
        assert.strictEqual((await unmapped.client("erp").fetch("api1/x")).status, 401)
        const error = await rejectionOf(unmapped.client("erp").soap(call))
        assert.propertyVal(error, "id", "x3-web-services.certificate-unmapped")
        for (const sage of [refused, without]) {
          const lost = await rejectionOf(sage.client("erp").fetch("api1/x"))
          assert.instanceOf(lost, SageAuthError)
          assert.strictEqual(lost.id, "x3-web-services.certificate-refused")
          assert.strictEqual(lost.reason._tag, "CredentialRejected")
          assert.strictEqual(await idOf(sage.client("erp").soap(call)), "x3-web-services.certificate-refused")
        }
        for (const sage of [unmapped, refused, without]) await sage.close()
        await reading
      })
      assert.lengthOf(seen, 2)
      // once for each incident, and not for a credential that nobody looked at
      assert.deepStrictEqual(told, [
        [0, "login"],
        [1, "login"]
      ])
    })
  )
})

const idOf = async (promise: Promise<unknown>): Promise<unknown> =>
  ((await rejectionOf(promise)) as { readonly id?: unknown }).id
