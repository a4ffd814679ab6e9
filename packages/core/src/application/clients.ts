import type { Effect } from "effect/Effect"
import type { Stream } from "effect/Stream"
import type { BaseClient, Members, MembersOf } from "../Connection.ts"
import type { Surface } from "../errors/Reason.ts"
import type { Application } from "./Application.ts"
import { iterateStream, runPromise, withoutSignal } from "./promise.ts"

type Calls = Readonly<Record<string, (...input: ReadonlyArray<unknown>) => Effect<unknown, unknown>>>
type Lists = Readonly<Record<string, (...input: ReadonlyArray<unknown>) => Stream<unknown, unknown>>>
type Signalling = { readonly signal?: AbortSignal | undefined } | undefined

/** What a promise client does in its own way: how it is narrowed, and what it can do without a fiber. */
export type OwnMembers<Client> = Partial<Client> & {
  readonly [K in keyof MembersOf<Client>["narrowing"] & keyof Client]: Client[K]
}

/** The client without what its table does not name: what a connection's credential cannot do does not exist on it. */
export const onlyMembers = <Client extends object>(
  { calls, lists = {}, narrowing = {} }: Members,
  client: Client
): Client =>
  Object.fromEntries(
    Object.entries(client).filter(
      ([name, member]) =>
        typeof member !== "function" || [calls, lists, narrowing].some((table) => Object.hasOwn(table, name))
    )
  ) as Client

/** The promise client over an effect client: its calls are run as promises, each with the signal of its caller. */
export const promiseClientOf = <Client extends BaseClient<"promise", Surface>>(
  application: Application,
  members: Members,
  effects: BaseClient<"effect", Surface>,
  own: OwnMembers<Client>
): Client => {
  const { connection, surface, tenant } = effects
  const client: Record<string, unknown> = { connection, tenant, surface }
  const calls = effects as unknown as Calls
  for (const [name, at] of Object.entries(members.calls)) {
    const call = calls[name] as Calls[string]
    client[name] = (...input: Array<unknown>) => {
      const options = at === undefined ? undefined : (input[at] as Signalling)
      if (at === undefined || options === undefined) return runPromise(application, call(...input), undefined)
      return runPromise(application, call(...input.with(at, withoutSignal(options))), options?.signal)
    }
  }
  const lists = effects as unknown as Lists
  for (const [name, at] of Object.entries(members.lists ?? {})) {
    client[name] = (...input: Array<unknown>) => iterateStream(application, lists[name] as Lists[string], input, at)
  }
  return onlyMembers(members, Object.assign(client, own)) as unknown as Client
}
