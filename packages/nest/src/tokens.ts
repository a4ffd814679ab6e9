/**
 * Injects what `createSageAuth` opened: `Sage<RegisteredConnections>`. See `InjectSage`.
 *
 * @category application
 */
export const SAGE: unique symbol = Symbol.for("@sage-auth/nest/Sage")

/**
 * The token under which the client of a connection is provided, for `overrideProvider` in tests and for `inject` of
 * factories.
 *
 * @category calls
 */
export const getSageClientToken = (connection: string): symbol => Symbol.for(`@sage-auth/nest/client/${connection}`)

/** @internal what every part of one application stands on */
export const SAGE_AUTH_RUNTIME: unique symbol = Symbol.for("@sage-auth/nest/Runtime")
