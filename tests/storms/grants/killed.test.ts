import { describe } from "vitest"
import { type Grant, leavesWhatItMay, minute, openGrant } from "../../src/grants/deaths.ts"

const erpSso = (forgives: boolean) => (): Promise<Grant> => {
  const refreshReuse = forgives ? "accepted" : "revoke-family"
  const identityProvider = { accessTokenLife: "5 minutes", refreshReuse } as const
  return openGrant(10 * minute, { x3: { identityProvider } }, "erpSso")
}

const gateway = (forgives: boolean) => (): Promise<Grant> =>
  openGrant(10 * minute, { x3: { gateway: { refreshReuse: forgives ? "accepted" : "end-pairing" } } }, "gateway")

describe("a process that is killed at each step of a rotation", () => {
  leavesWhatItMay("erpSso", { strict: erpSso(false), lenient: erpSso(true) })
  leavesWhatItMay("gateway", { strict: gateway(false), lenient: gateway(true) })
})
