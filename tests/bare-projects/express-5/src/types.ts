// Compiled and never run: types arrive as such, and not as `any`.
import type { BusinessCloudClient } from "@sage-auth/core"
import type { Request } from "express"

export const own = (req: Request): BusinessCloudClient => req.sage("books")
// @ts-expect-error -- a name that no connection has
export const misspelt = (req: Request): unknown => req.sage("boks")
// @ts-expect-error -- a client of another kind
export const mistaken = (req: Request): BusinessCloudClient => req.sage("ledger")
