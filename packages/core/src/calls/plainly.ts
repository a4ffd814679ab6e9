import type { Application } from "../application/Application.ts"
import type { DeadlineExceeded } from "../errors/Reason.ts"
import { atCaller } from "../errors/atCaller.ts"
import { failure, type Place } from "../errors/SageAuthError.ts"
import { permitRequest, type Traffic } from "../traffic/permitRequest.ts"
import type { Permit } from "../traffic/Pool.ts"
import { onAbort } from "../transport/onAbort.ts"
import type { Patience } from "./Patience.ts"

/** What a call sends with, once it is its turn. */
export interface Turn {
  readonly permit: Permit | undefined
  /** aborted when the caller leaves */
  readonly ends: AbortSignal
}

/** A call that is made without a fiber. */
export interface PlainCall<A> {
  readonly application: Application
  readonly place: Place
  readonly patience: Patience
  /** undefined: it takes no permit */
  readonly traffic: Traffic | undefined
  /** sends it, and settles with what makes its result: for a caller who is still there, and who has the permit from then on */
  readonly send: (turn: Turn) => Promise<() => A | Promise<A>>
  /** the caller leaves, or something broke; the word is for metrics */
  readonly left: (how: "DeadlineExceeded" | "aborted" | "defect") => void
}

/** Whether a call can be made without a fiber: a pool that several processes share is waited for in one. */
export const canPlainly = ({ coordination }: Application, traffic: Traffic | undefined): boolean =>
  traffic === undefined || coordination.ask !== undefined

/**
 * Waits for a permit, sends, and lets the caller go at its deadline or when its signal is aborted: for promises what a
 * permit and `withCallOptions` are for effects, and without a fiber.
 */
export const plainly = <A>(call: PlainCall<A>): Promise<A> => begun(call).catch(reject)

const reject = (thrown: unknown): never => {
  throw atCaller(thrown, reject)
}

const begun = <A>({ application, left, patience, place, send, traffic }: PlainCall<A>): Promise<A> =>
  new Promise<A>((resolve, reject) => {
    const { signal } = patience
    let own: AbortController | undefined
    let giveUp: (() => void) | undefined
    let over = false
    const end = () => {
      over = true
      expires()
      stays?.()
    }
    const leave = (how: "DeadlineExceeded" | "aborted", reason: unknown) => {
      if (over) return
      end()
      left(how)
      own?.abort()
      giveUp?.()
      reject(reason)
    }
    const expires = application.after(patience.left, () =>
      leave("DeadlineExceeded", failure<DeadlineExceeded>("client.deadline-exceeded", place))
    )
    const stays = signal === undefined ? undefined : onAbort(signal, () => leave("aborted", signal.reason))
    const begin = (permit: Permit | undefined) => {
      own = new AbortController()
      // the caller's signal also ends the reading of the body, when this call is long over
      const ends = signal === undefined ? own.signal : AbortSignal.any([own.signal, signal])
      send({ permit, ends }).then(
        (answer) => {
          if (over) return undefined
          end()
          return resolve(answer())
        },
        () => {
          if (over) return undefined
          end()
          left("defect")
          permit?.release()
          // what was thrown may quote anything, a secret included
          return reject(failure("client.defect", place))
        }
      )
    }
    if (traffic === undefined) return begin(undefined)
    const request = permitRequest(application, traffic, { wanted: (hung) => patience.lasts(hung) })
    giveUp = application.coordination.ask?.(traffic.pool, request, begin)
  })
