// It compares the reasons of different surfaces, which are never assigned to each other.
// @effect-diagnostics missingEffectError:off
import type { CallOptions } from "../application/Application.ts"
import type { BaseClient, CallsOf, Out, World } from "../Connection.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  Misconfigured,
  Reason,
  RequestRejected,
  StoreUnavailable,
  Surface
} from "../errors/Reason.ts"

/** The one method whose argument differs between the worlds: what runs inside pool and meter. See {@link Kinds}. */
// oxlint-disable-next-line no-unused-vars -- the reasons are what an effect fails with
export interface Runs<Rs extends Reason> {
  /** of the promise API: runs `use` with headers for one call */
  promise: <A>(
    use: (call: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal }) => Promise<A>,
    options?: CallOptions
  ) => Promise<A>
}

/** What a call takes besides what the platform's fetch takes. */
export type FetchOptions = Omit<RequestInit, "signal"> &
  Omit<CallOptions, "signal"> & {
    /** aborting releases this caller, with the signal's own reason, and ends the reading of the body */
    readonly signal?: AbortSignal | null | undefined
  }

/** The client of a surface whose credential travels in headers. */
export interface HttpClient<W extends World, S extends Surface> extends BaseClient<W, S> {
  /**
   * Sends a request with the credential, through pool and meter. Resolves with every answer of the server and fails
   * only when there is none. A path counts from the surface's base, with or without its slash; a foreign host is
   * refused.
   *
   * @throws `SageAuthError`: one of `AcquireReasons`, `BudgetExhausted`, `Misconfigured`, or `RequestRejected`
   */
  fetch(
    path: string,
    init?: FetchOptions
  ): Out<W, Response, AcquireReasons[S] | BudgetExhausted | Misconfigured | RequestRejected>
  /**
   * The headers of a valid credential, for other HTTP libraries: one frozen object for each credential. What they do is
   * outside pool and meter.
   *
   * @throws `SageAuthError`: one of `AcquireReasons`
   */
  headers(options?: CallOptions): Out<W, Readonly<Record<string, string>>, AcquireReasons[S]>
  /**
   * runs something with the headers of a valid credential, inside pool and meter
   *
   * @throws `SageAuthError`: one of `AcquireReasons`, or `BudgetExhausted`; and what `use` fails with
   */
  readonly run: Runs<AcquireReasons[S] | BudgetExhausted>[W]
  /**
   * a new credential even if the one in hand is valid
   *
   * @throws `SageAuthError`: one of `AcquireReasons`
   */
  refresh(options?: CallOptions): Out<W, void, AcquireReasons[S]>
}

/** A connection for which a human consents in a browser. */
export interface Interactive<W extends World = "promise"> {
  /**
   * where to send the browser, and the cookie that has to come back with its callback
   *
   * @throws `SageAuthError`: `StoreUnavailable`, or `Misconfigured` for a `returnTo` that leads elsewhere
   */
  authorize(options: {
    /** a path of the application itself, where the human goes on */
    readonly returnTo: string
  }): Out<W, { readonly url: string; readonly cookie: string }, StoreUnavailable | Misconfigured>
}

/** The calls of every client of an HTTP surface. */
export const httpCalls: CallsOf<HttpClient<"promise", Surface>> = {
  fetch: 1,
  headers: 0,
  run: 1,
  refresh: 0,
  status: undefined,
  disconnect: undefined
}

/** The calls of a client for which a human consents. */
export const interactiveCalls: CallsOf<Interactive> = { authorize: undefined }
