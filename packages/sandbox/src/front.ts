import type { IncomingHttpHeaders } from "node:http"
import type { SurfaceResponse } from "./surface.ts"

/** A request that no surface of Sage's is asked for. */
export interface FrontRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The address of the caller's socket. */
  readonly remoteAddress: string | undefined
}

/** Answers what is the sandbox's own: its start page and its control API. Undefined when it is neither. */
export type Front = (request: FrontRequest) => Promise<SurfaceResponse> | undefined
