import type { FaultKind } from "./faults.ts"
import type { Authentication, Listener, Surface, SurfaceRequest, SurfaceResponse } from "./surface.ts"

// Apart from `surface.ts`, which `faults.ts` imports: together they would close a circle.

/** Leave to be served: one of the connections that a company has, or an answer that refuses it. */
export type Admission =
  | { readonly refused: SurfaceResponse }
  | { readonly refused?: never; readonly release: () => void }

/** A request after a surface has read it and before the work that it asks for is done. */
export interface Arrival {
  /** The names that faults are matched against and the log shows. */
  readonly steps: ReadonlyArray<string>
  /** Further names that faults are matched against, such as a grant type. */
  readonly also?: ReadonlyArray<string> | undefined
  /** The `grant_type` of a token request. */
  readonly grantType?: string | undefined
  /** Whose connections the request takes up, when that is known. */
  readonly company: string | undefined
  readonly authentication: Authentication | undefined
  /** Waits for one of the company's connections. */
  admit(signal: AbortSignal): Promise<Admission>
  /** Does the work. */
  answer(signal: AbortSignal): Promise<SurfaceResponse>
  /** Answers that look like this surface's own, for the faults that need one. */
  readonly faults: { readonly [kind in FaultKind]?: () => SurfaceResponse }
}

/** What the HTTP server needs of a surface. */
export interface SurfaceModule {
  readonly surface: Surface
  /** Where it is served. Default: the main port alone. */
  readonly listeners?: ReadonlyArray<Listener> | undefined
  accepts(path: string): boolean
  receive(request: SurfaceRequest): Arrival
  /** The text without any secret of this surface. */
  mask(text: string): string
}
