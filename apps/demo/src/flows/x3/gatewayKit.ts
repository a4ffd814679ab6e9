import type { CompletedAuthorization } from "@sage-auth/core"
import type { Stage } from "../../Flow.ts"
import type { Application } from "../oauth/kit.ts"

/** Pairs: the application asks, an X3 user accepts, the gateway posts. */
export const pair = async (
  { sandbox }: Stage,
  sage: Pick<Application, "client" | "completeAuthorization">
): Promise<CompletedAuthorization> => {
  const { url } = await sage.client("gateway").authorize({ returnTo: "/settings" })
  const callback = await sandbox.x3.pairingCallback(url)
  return sage.completeAuthorization({ url: callback.url, body: callback.body })
}
