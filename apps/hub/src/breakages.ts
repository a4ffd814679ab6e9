import { sendCall } from "./calls.ts"
import type { Tenant } from "./tenants.ts"
import type { World } from "./World.ts"

/** Something that goes wrong at Sage, on demand. */
export interface Breakage {
  readonly id: string
  readonly label: string
  /** breaks it, and says what was done */
  readonly run: (world: World, tenant: Tenant, connection: string) => string
}

const tenMinutes = 10 * 60_000

type Surface = "intacct-rest" | "business-cloud" | "x3-web-services" | "x3-gateway"

const expire = (run: (world: World, tenant: Tenant) => void): Breakage => ({
  id: "expire",
  label: "Expire the access token",
  run: (world, tenant) => {
    run(world, tenant)
    return "The access token is over, before its time"
  }
})

/** A rotation that is asked for here and gets lost, before or after the server has done its part. */
const lose = (surface: Surface, kind: "drop-request" | "drop-response", label: string, told: string): Breakage => ({
  id: kind,
  label,
  run: (world, { id: tenant }, connection) => {
    world.faults.place(surface, { on: "refresh_token", kind }, `${surface}: the next rotation gets lost`)
    const rotation = world.clientOf(connection, tenant).refresh()
    // what becomes of it is told by the events
    rotation.catch(() => {})
    return told
  }
})

const loseRotation = (surface: Surface): ReadonlyArray<Breakage> => [
  lose(
    surface,
    "drop-request",
    "Lose a rotation on its way to the server",
    "A rotation was sent and never arrived; from here that looks like a lost answer"
  ),
  lose(
    surface,
    "drop-response",
    "Lose the answer of a rotation",
    "A rotation was done, and its answer got lost: where a refresh token works once, the new one is lost"
  )
]

const takeAway = (surface: Surface): Breakage => ({
  id: "take-away",
  label: "Take the authorization server away for ten minutes",
  run: (world) => {
    const fault = { on: "token", kind: "unavailable", duration: tenMinutes } as const
    world.faults.place(surface, fault, `${surface}: the authorization server is away`)
    return "The authorization server is away for ten minutes; what is in hand goes on working"
  }
})

const endGrant = (run: (world: World, tenant: Tenant) => void): Breakage => ({
  id: "end-grant",
  label: "Take the consent back at Sage",
  run: (world, tenant) => {
    run(world, tenant)
    return "The consent was taken back at Sage: at the next renewal a human is needed"
  }
})

const userOf = ({ login: { companyId, userId } }: Tenant) => ({ companyId, userId })

const fillPool: Breakage = {
  id: "fill-pool",
  label: "Fill the pool",
  run: (world, { id: tenant }, connection) => {
    const calls = 8
    const fault = { on: "*", kind: "slow-answer", delay: "4 seconds", times: calls } as const
    const surface = connection === "ledger" ? "intacct-xml" : "intacct-rest"
    world.faults.place(surface, fault, `${surface}: slow answers`)
    for (let call = 0; call < calls; call++) sendCall(world, connection, tenant).catch(() => {})
    return `${calls} slow calls were sent at once: the pool lets through what the company may have`
  }
}

const intacctTokens = expire(({ sandbox }, tenant) => sandbox.intacctRest.expireAccessTokens(userOf(tenant)))

const breakages: Readonly<Record<string, ReadonlyArray<Breakage>>> = {
  ledger: [
    {
      id: "kill-session",
      label: "Kill the session",
      run: ({ sandbox }, { login }) => {
        sandbox.intacct.endSessions(login.companyId)
        return "Every session of the company was ended"
      }
    },
    fillPool
  ],
  vendors: [intacctTokens, takeAway("intacct-rest"), fillPool],
  bridge: [intacctTokens],
  payables: [
    intacctTokens,
    ...loseRotation("intacct-rest"),
    takeAway("intacct-rest"),
    endGrant(({ sandbox }, tenant) => sandbox.intacctRest.endGrants(userOf(tenant))),
    fillPool
  ],
  books: [
    expire(({ sandbox }, { email }) => sandbox.businessCloud.expireAccessTokens({ email })),
    ...loseRotation("business-cloud"),
    takeAway("business-cloud"),
    endGrant(({ sandbox }, { email }) => sandbox.businessCloud.endGrants({ email }))
  ],
  erpSso: [
    expire(({ sandbox }) => sandbox.x3.identityProvider.expireAccessTokens()),
    ...loseRotation("x3-web-services"),
    takeAway("x3-web-services")
  ],
  erpCloud: [
    expire(({ sandbox }) => sandbox.x3.identityProvider.expireAccessTokens()),
    ...loseRotation("x3-web-services"),
    takeAway("x3-web-services")
  ],
  gateway: [
    expire(({ sandbox }) => sandbox.x3.gateway.expireAccessTokens()),
    ...loseRotation("x3-gateway"),
    takeAway("x3-gateway"),
    endGrant(({ sandbox }) => sandbox.x3.gateway.endPairings())
  ]
}

/** What can be broken about a connection. */
export const breakagesOf = (connection: string): ReadonlyArray<Breakage> => breakages[connection] ?? []
