import type { Fault, FaultKind } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import { kinds, meaningAt, type Meaning } from "./faults.ts"
import {
  call,
  clientOf,
  connect,
  consent,
  endOf,
  type Flow,
  flows,
  type GrantWorld,
  openGrants,
  tokenRequests
} from "./world.ts"
import { begun, until } from "../settle.ts"

// what still hangs when a test ends is not waited for
const open = () => openGrants({}, { shutdown: 10 })

const requests = ({ sandbox }: GrantWorld, flow: Flow, step: string) =>
  sandbox.requests({ surface: flows[flow].surface, step })

/** makes something meet a fault that may hold it up, and has the sandbox's time pass up to the end that it must have */
const meet = async <A>(
  world: GrantWorld,
  flow: Flow,
  fault: Fault,
  ends: { readonly step: string; readonly after: number | undefined },
  act: () => Promise<A>
): Promise<A> => {
  const { sandbox } = world
  const before = requests(world, flow, ends.step).length
  sandbox.fault(flows[flow].surface, { delay: "30 seconds", ...fault })
  let settled = false
  const acting = begun(act().finally(() => (settled = true)))
  if (ends.after !== undefined) {
    await until("the request arrived", () => requests(world, flow, ends.step).length === before + 1)
    await sandbox.clock.advance(`${ends.after - 1} seconds`)
    assert.isFalse(settled)
    await sandbox.clock.advance("1 second")
  }
  const end = await acting
  sandbox.clearFaults()
  return end
}

/** what a caller is told who got no token; Intacct alone tells of a limit with status 200 */
const failures = (flow: Flow): Readonly<Partial<Record<FaultKind, string>>> => {
  const product = flow === "books" ? "business-cloud" : flow === "erpSso" ? "x3-web-services" : "intacct"
  return {
    hang: "client.answer-lost",
    "slow-bytes": "client.answer-lost",
    "drop-request": "client.answer-lost",
    "drop-response": "client.answer-lost",
    truncate: "client.answer-lost",
    "short-body": `${product}.unreadable-answer`,
    "cloudflare-524": `${product}.service-unavailable`,
    "html-502": `${product}.service-unavailable`,
    "status-503": `${product}.service-unavailable`,
    unavailable: `${product}.service-unavailable`,
    "service-offline": `${product}.service-unavailable`,
    "rate-limited": `${product}.rate-limited`,
    "rate-limited-200": product === "intacct" ? "intacct.rate-limited" : `${product}.token-request-invalid`
  }
}

/** a revocation's answer is short, so that it is over soon even byte by byte, and what is slow here is too slow */
const revokes = (flow: Flow, kind: FaultKind, { answer }: Meaning): boolean =>
  kind === "slow-bytes" ||
  (answer === "good" && kind !== "slow-answer") ||
  // RFC 7009, section 2.2: of an empty body nothing can be missing
  (flow === "erpSso" && (kind === "truncate" || kind === "short-body"))

/** The exchange of a code, and every fault that it may meet. */
export const exchanges = (flow: "books" | "payables" | "erpSso"): void => {
  const { surface } = flows[flow]
  describe(`the exchange of a code for ${flow}`, () => {
    for (const [kind] of kinds) {
      const { answer, waits } = meaningAt(flow, kind)
      // a token request has a minute, and the answer that is slow here comes after half of it
      const after = waits === true ? (answer === "good" ? 30 : 60) : undefined
      it(`that meets ${kind} brings a grant or says that there is none, and the code is sent again only where it was not used`, async () => {
        const world = await open()
        const end = await meet(world, flow, { on: "token", kind }, { step: "token", after }, () =>
          endOf(consent(world, flow))
        )
        const tried = answer === "refused"
        const granted = answer === "good" || tried
        assert.strictEqual(end, granted ? "done" : failures(flow)[kind])
        assert.strictEqual(tokenRequests(world.sandbox, surface).length, tried ? 2 : 1)
        assert.strictEqual((await clientOf(world, flow).status()).state, granted ? "connected" : "disconnected")
        assert.strictEqual(await endOf(call(world, flow)), granted ? "HTTP 200" : "NeverAuthorized")
        await consent(world, flow)
        assert.strictEqual(await endOf(call(world, flow)), "HTTP 200")
      })
    }
  })
}

/** The revocation of a grant, and every fault that it may meet. */
export const revocations = (flow: "books" | "payables" | "erpSso"): void => {
  describe(`the revocation of ${flow}`, () => {
    for (const [kind, meaning] of kinds) {
      const after = meaning.waits !== true || kind === "slow-bytes" ? undefined : 30
      it(`that meets ${kind} forgets the grant all the same, and tells what it could not do`, async () => {
        const world = await open()
        await consent(world, flow)
        const { revoked } = await meet(world, flow, { on: "revoke", kind, every: 0 }, { step: "revoke", after }, () =>
          world.sage.client(flow).disconnect({ revoke: true })
        )
        assert.strictEqual(revoked, revokes(flow, kind, meaning))
        assert.strictEqual((await clientOf(world, flow).status()).state, "disconnected")
        assert.strictEqual(await endOf(call(world, flow)), "NeverAuthorized")
        const [disconnected, ...more] = await world.events.of("disconnected")
        assert.deepStrictEqual([disconnected?.revoked, more.length], [revoked, 0])
        await consent(world, flow)
        assert.strictEqual(await endOf(call(world, flow)), "HTTP 200")
      })
    }
  })
}

/** Client credentials, and every fault that a request for them may meet. */
export const clientCredentials = (flow: "vendors" | "bridge"): void => {
  const { surface } = flows[flow]
  const asked = ({ sandbox }: GrantWorld) => tokenRequests(sandbox, surface, "client_credentials").length

  describe(`the client credentials of ${flow}`, () => {
    for (const [kind, meaning] of kinds) {
      const { answer, waits } = meaning
      const after = waits === true ? 20 : undefined
      const ask = (world: GrantWorld, times: number) =>
        meet(world, flow, { on: "token", kind, times }, { step: "token", after }, () =>
          endOf(call(world, flow, { deadline: "20 seconds" }))
        )
      // asking again is harmless, but for an answer that makes no sense nobody knows what it would help
      const senseless = kind === "short-body"

      it(`that meet ${kind} once are asked for again`, async () => {
        const world = await open()
        const end = await ask(world, 1)
        const served = senseless ? failures(flow)[kind] : "HTTP 200"
        assert.strictEqual(end, waits === true ? "client.deadline-exceeded" : served)
        // a token request has a minute of its own, whoever has left
        if (waits === true) await world.sandbox.clock.advance("41 seconds")
        assert.strictEqual(await endOf(call(world, flow)), "HTTP 200")
        assert.strictEqual(asked(world), answer === "good" ? 1 : 2)
        assert.strictEqual((await clientOf(world, flow).status()).state, "connected")
      })

      if (answer === "good") continue
      it(`that meet ${kind} until the caller has left are asked for again by the next`, async () => {
        const world = await open()
        const end = await ask(world, Number.POSITIVE_INFINITY)
        assert.strictEqual(end, waits === true ? "client.deadline-exceeded" : failures(flow)[kind])
        assert.strictEqual(asked(world), waits === true || senseless ? 1 : 4)
        if (waits === true) await world.sandbox.clock.advance("41 seconds")
        assert.strictEqual(await endOf(call(world, flow)), "HTTP 200")
        assert.strictEqual((await clientOf(world, flow).status()).state, "connected")
        assert.strictEqual((await world.events.of("rotation-in-doubt")).length, 0)
      })
    }
  })
}

/** What becomes of a read that meets a fault once, and what every time. */
interface Read {
  readonly once: string
  readonly always: string
  /** how often it is sent when it meets the fault every time; default 1 */
  readonly tries?: number
}

const good: Read = { once: "HTTP 200", always: "HTTP 200" }
const gone: Read = { once: "HTTP 200", always: "client.answer-lost", tries: 4 }
const away: Read = { once: "HTTP 200", always: "HTTP 503", tries: 4 }
const late: Read = { once: "client.deadline-exceeded", always: "client.deadline-exceeded" }

/** a response is the caller's as soon as its head has come, whatever happens to the body */
const reads = (flow: Flow): Readonly<Record<FaultKind, Read>> => ({
  hang: late,
  "slow-answer": late,
  "slow-bytes": good,
  truncate: good,
  "short-body": good,
  "wrong-content-type": good,
  "no-content-type": good,
  "drop-request": gone,
  "drop-response": gone,
  "html-502": { once: "HTTP 200", always: "HTTP 502", tries: 4 },
  "cloudflare-524": { once: "HTTP 524", always: "HTTP 524" },
  "status-503": away,
  unavailable: away,
  "service-offline": away,
  "rate-limited": { once: "HTTP 200", always: "HTTP 429", tries: 4 },
  "rate-limited-200": { ...good, tries: flow === "books" ? 1 : 4 }
})

/** A call that reads, and every fault that it may meet. */
export const readCalls = (flow: "books" | "payables" | "vendors" | "bridge"): void => {
  const { path, surface } = flows[flow]
  describe(`a read through ${flow}`, () => {
    for (const [kind, { always, once, tries = 1 }] of Object.entries(reads(flow)) as ReadonlyArray<[FaultKind, Read]>) {
      it(`that meets ${kind} is made again where that may help, and leaves the token in its place`, async () => {
        const world = await open()
        await connect(world, flow)
        assert.strictEqual(await endOf(call(world, flow)), "HTTP 200")
        const tokens = tokenRequests(world.sandbox, surface).length
        const after = once === late.once ? 20 : undefined
        for (const [times, end, sent] of [
          [1, once, Math.min(tries, 2)],
          [Number.POSITIVE_INFINITY, always, tries]
        ] as const) {
          const before = requests(world, flow, "api").length
          const ended = await meet(world, flow, { on: "api", kind, times }, { step: "api", after }, () =>
            endOf(clientOf(world, flow).fetch(path, { deadline: "20 seconds" }).then(dropped))
          )
          assert.deepStrictEqual([ended, requests(world, flow, "api").length - before], [end, sent])
          assert.strictEqual(await endOf(call(world, flow)), "HTTP 200")
        }
        assert.strictEqual(tokenRequests(world.sandbox, surface).length, tokens)
      })
    }
  })
}

/** an answer whose body nobody wants */
const dropped = async (response: Response): Promise<Response> => {
  await response.body?.cancel().catch(() => {})
  return response
}
