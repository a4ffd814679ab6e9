import type { Sandbox } from "@sage-auth/sandbox"
import type { Sent } from "./Recorder.ts"

/** What a flow shows itself with: the sandbox, the settings of its applications, and steps that are printed. */
export interface Stage {
  readonly sandbox: Sandbox<"manual">
  /** clock and fetch for `createSageAuth`: the sandbox's clock, and a fetch that is timed */
  readonly settings: {
    readonly clock: Sandbox<"manual">["clock"]
    readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  }
  /**
   * One thing that a user does. `came` checks what came back (it throws when that is not as it should be) and says it
   * in a few words. Prints what was sent where, what came back, and how long it took.
   */
  readonly step: <A>(
    did: string,
    action: () => Promise<A>,
    came: (result: A, requests: ReadonlyArray<Sent>) => string
  ) => Promise<A>
}

/** Something a user does with a surface, from the first call to the last. */
export interface Flow {
  readonly name: string
  readonly run: (stage: Stage) => Promise<void>
}
