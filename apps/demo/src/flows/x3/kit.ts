import { isSageAuthError, type SageAuthError, x3, type X3Auth, type X3WebServicesConnection } from "@sage-auth/core"
import { holds, rejectionOf } from "../../expect.ts"
import type { Stage } from "../../Flow.ts"

/** The customers of the sandbox's folder, twenty at a time. */
export const customers = "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query"

/** A page of a list, as REST answers it. */
export interface Page {
  readonly $resources: ReadonlyArray<{ readonly BPCNUM: string; readonly BPCNAM: string }>
}

/** Reads a page of a list. */
export const readPage = async (client: Fetching, path = customers): Promise<Page> => {
  const response = await client.fetch(path)
  return (await response.json()) as Page
}

/** A client with a fetch. */
export interface Fetching {
  readonly fetch: (path: string) => Promise<Response>
}

/** Calls, and reads the answer. */
export const statusOf = async (client: Fetching, path = customers): Promise<number> => {
  const response = await client.fetch(path)
  await response.text()
  return response.status
}

/** The sandbox's X3 on premise, by this credential, on its plain port. */
export const erpBy = <const A extends X3Auth>({ sandbox }: Stage, auth: A): X3WebServicesConnection<A> =>
  x3.onPremise({ baseUrl: sandbox.urls["x3-web-services"].onPremise, auth, environment: "sandbox" })

/** The failure of this library that a promise rejects with. */
export const failureOf = async (promise: Promise<unknown>): Promise<SageAuthError> => {
  const error = await rejectionOf(promise)
  holds("it is a SageAuthError", isSageAuthError(error))
  return error
}

/** The failure of this library that something throws at start-up. */
export const failureAtStart = (start: () => unknown): Promise<SageAuthError> => failureOf((async () => start())())
