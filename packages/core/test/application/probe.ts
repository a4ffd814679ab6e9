import { Deferred, Effect } from "effect"
import type { Application } from "../../src/application/Application.ts"
import type { Clients, Connection } from "../../src/Connection.ts"
import { define } from "../../src/createSageAuth.ts"
import type { Issue } from "../../src/errors/Reason.ts"
import type { Work } from "../../src/openApplication.ts"
// oxlint-disable-next-line import/no-unassigned-import -- it adds effects to the types
import "../../src/effect/kinds.ts"

/** What the clients of a {@link probe} can do. */
export interface ProbeClient<W extends "promise" | "effect"> {
  readonly world: W
  readonly name: string
  readonly tenant: string
  readonly application: Application
}

interface ProbeClients extends Clients {
  readonly client: ProbeClient<this["world"]>
}

const work: Work = {
  validate: () => [],
  open: (_options, application, name) => ({
    promise: (tenant) => ({ world: "promise", name, tenant, application }),
    effect: (tenant) => ({ world: "effect", name, tenant, application })
  })
}

/** A connection that shows what it was opened with. */
export const probe = (wrong: ReadonlyArray<string> = []): Connection<"intacct-xml", ProbeClients> =>
  define({
    surface: "intacct-xml",
    interactive: false,
    validate: (at) => wrong.map((option): Issue => ({ option: `${at}.${option}`, expected: "something else" })),
    builder: "intacct-xml",
    options: undefined,
    members: { calls: {} },
    load: async () => work,
    work
  })

/** A renewal under way: detached from its caller, ended by the test. */
export const detached = (application: Application) => {
  const answer = Deferred.makeUnsafe<void>()
  application.detach(Deferred.await(answer))
  return { land: () => Deferred.doneUnsafe(answer, Effect.void) }
}

/** Lets everything that can run by itself do so. */
export const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
