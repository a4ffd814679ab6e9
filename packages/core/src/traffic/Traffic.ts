import type { Application } from "../application/Application.ts"
import type { PermitRequest } from "./Pool.ts"

/** The pool of a call, and how many requests go out at a time as far as it knows. */
export interface Traffic {
  readonly pool: string
  readonly permits: number
}

/** Asks a pool for a permit, and announces that there was none to be had. */
export const permitRequest = (
  application: Application,
  { permits, pool }: Traffic,
  { ahead = false, wanted }: Partial<Pick<PermitRequest, "ahead" | "wanted">>
): PermitRequest => ({
  limit: permits,
  ahead,
  wanted,
  onSaturated: () => application.publish({ type: "pool-saturated", company: pool, at: application.now(), permits })
})
