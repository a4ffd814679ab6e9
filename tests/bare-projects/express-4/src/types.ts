// Compiled and never run: types arrive as such, and not as `any`.
import type { BusinessCloudClient } from "@sage-auth/core"
import type { SageAuthMiddleware } from "@sage-auth/express"
import type { SandboxConnections } from "@sage-auth/sandbox"
import type { Request, RequestHandler } from "express"

type Auth = SageAuthMiddleware<SandboxConnections>

export const guard = (auth: Auth): RequestHandler => auth.requires("books")
export const own = (auth: Auth, req: Request): BusinessCloudClient => auth.client(req, "books")
// @ts-expect-error -- a name that no connection has
export const misspelt = (auth: Auth): RequestHandler => auth.requires("boks")
// @ts-expect-error -- a client of another kind
export const mistaken = (auth: Auth, req: Request): BusinessCloudClient => auth.client(req, "ledger")
