/** Sage's own servers, which is where credentials go unless told otherwise. */
export interface Production {
  /** default `"production"` */
  readonly environment?: "production" | undefined
  /** only with `environment: "sandbox"` */
  readonly urls?: undefined
}

/** Servers that stand in for Sage's. Plain http and foreign hosts are accepted for the URLs given here, and only here. */
export interface Sandboxed<K extends string> {
  readonly environment: "sandbox"
  /** where each server is: every one that the connection uses, and none of Sage's own */
  readonly urls?: { readonly [P in K]?: string | undefined } | undefined
}

/**
 * Where a connection's requests go. `K` names the servers of its surface. `urls` without `environment: "sandbox"` does
 * not compile, so that no forgotten URL takes production credentials to another host.
 */
export type Target<K extends string> = Production | Sandboxed<K>
