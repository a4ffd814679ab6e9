import { createSageAuth, type Sage, type Settings } from "@sage-auth/core"
import { onTestFinished } from "vitest"
import { type EventLog, logEvents } from "../../src/world.ts"
import { type Connections, connectionsAt, type Differs, type Name, redirectUriOf, type Urls } from "./connections.ts"
import { playPages } from "./playPages.ts"

/** An application that talks to a foreign server. */
export interface Application {
  readonly sage: Sage<Connections>
  readonly events: EventLog
}

/** Opens one, closed when the test ends. */
export const openApplication = (
  urls: Urls,
  { inDoubt, issuer, machineSecret, ...settings }: Settings & Differs = {}
): Application => {
  const sage = createSageAuth({ connections: connectionsAt(urls, { inDoubt, issuer, machineSecret }), ...settings })
  onTestFinished(() => sage.close())
  return { sage, events: logEvents(sage.events()) }
}

/** A person consents, or does not, and the browser brings back the callback. */
export const visit = async ({ sage }: Application, name: Name, { deny = false, tenant = "acme" } = {}) => {
  const client = sage.client(name, { tenant })
  const { cookie, url } = await client.authorize({ returnTo: "/settings?tab=sage" })
  const callback = await playPages(url, { until: redirectUriOf(name), deny })
  return { client, url, callback, complete: () => sage.completeAuthorization({ url: callback, cookie }) }
}

/** The same, taken to its end. */
export const connect = async (application: Application, name: Name) => {
  const { client, complete } = await visit(application, name)
  await complete()
  return client
}

/** Calls, and reads the answer, which gives back its permit of the pool. */
export const statusOf = async (client: { fetch(path: string): Promise<Response> }): Promise<number> => {
  const response = await client.fetch("contacts")
  await response.text()
  return response.status
}
