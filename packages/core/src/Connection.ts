import type { Issue, Misconfigured, Reason, StoreUnavailable, Surface } from "./errors/Reason.ts"
import type { Place } from "./errors/SageAuthError.ts"

/**
 * The ways in which every operation exists. It is a promise; importing `@sage-auth/core/effect` adds the effect here.
 * There is one declaration for both.
 */
// oxlint-disable-next-line no-unused-vars -- the reasons are what an effect fails with
export interface Kinds<A, Rs extends Reason> {
  /** of the promise API */
  promise: Promise<A>
}

/** The same of what comes piece by piece. See {@link Kinds}. */
// oxlint-disable-next-line no-unused-vars -- the reasons are what a stream fails with
export interface Streams<A, Rs extends Reason> {
  /** of the promise API: each iteration begins anew, and what is not asked for is not read */
  promise: AsyncIterable<A>
}

/** `"promise"`; with `@sage-auth/core/effect` also `"effect"`. */
export type World = keyof Kinds<unknown, Reason>

/** The result of an operation in one of the worlds. */
export type Out<W extends World, A, Rs extends Reason> = Kinds<A, Rs>[W]

/** What an operation brings piece by piece, in one of the worlds. */
export type Outs<W extends World, A, Rs extends Reason> = Streams<A, Rs>[W]

/** How a connection is doing, without a secret. */
export interface Status {
  /**
   * - `connected`: a credential or a grant is held
   * - `configured`: it is not known whether the server takes what is configured. This process never tried it, or the
   *   server rejected it 15 minutes ago or longer. The next call tries it
   * - `disconnected`: no user has consented, or `disconnect()` was called and nothing was used since
   * - `storing`: a consent was given and the store is away. The grant is kept in memory until the store is back
   * - `pairing`: an X3 user has not accepted the pairing yet
   * - `in-doubt`: a refresh token was sent and its answer was lost
   * - `reauthorization-required`: a user has to act. The grant is dead, or the configured credential was rejected in the
   *   last 15 minutes, for this tenant or for another one that has the same
   * - `stalled`: another process holds the lease of the grant and does not finish, see `holder`
   */
  readonly state:
    | "configured"
    | "connected"
    | "storing"
    | "pairing"
    | "in-doubt"
    | "stalled"
    | "reauthorization-required"
    | "disconnected"
  /** whether a new credential can be had without a human */
  readonly refreshable: boolean
  /** when the credential in hand ends; undefined where none is held or it has no end */
  readonly credentialExpiresAt: Date | undefined
  /**
   * when the refresh token was issued, by the consent or by the last rotation; undefined where there is none, or where
   * an earlier release stored it
   */
  readonly grantIssuedAt: Date | undefined
  /**
   * when the refresh token ends, which is when the grant dies unless it is used before; undefined where there is none or
   * its end is unknown
   */
  readonly grantExpiresAt: Date | undefined
  /** with state `stalled`: who holds the lease of the grant, as a process of this application saw it */
  readonly holder?: LeaseHolder | undefined
}

/** The process that holds the lease of a grant. No other process can renew the grant meanwhile. */
export interface LeaseHolder {
  /** undefined where an older release took the lease */
  readonly host: string | undefined
  readonly processId: number | undefined
  /** for how long it was seen to hold the lease, in milliseconds */
  readonly heldFor: number
}

/** How a grant is forgotten. */
export interface DisconnectOptions {
  /** also end it at the server; default where that hits this grant alone */
  readonly revoke?: boolean | undefined
}

/** What every client has. */
export interface BaseClient<W extends World, S extends Surface> {
  /** the connection's name among `connections` */
  readonly connection: string
  /** the tenant that the client calls for */
  readonly tenant: string
  /** the surface that the connection speaks */
  readonly surface: S
  /**
   * how the connection is doing for this tenant; sends nothing to Sage
   *
   * @throws `SageAuthError`: `StoreUnavailable`, or `Misconfigured` for an option that gave nothing usable
   */
  status(): Out<W, Status, StoreUnavailable | Misconfigured>
  /**
   * forgets the credential and the grant, even when Sage is down
   *
   * @throws `SageAuthError` with reason `StoreUnavailable`
   */
  disconnect(options?: DisconnectOptions): Out<W, { readonly revoked: boolean }, StoreUnavailable>
}

/**
 * The clients of one connection in every world. Those of world `W` are the `client` of `Clients & { world: W }`. So a
 * connection carries one phantom.
 */
export interface Clients {
  /** in: `promise`, or `effect` */
  readonly world: World
  /** out: the client in that world */
  readonly client: unknown
}

declare const Client: unique symbol
declare const Refs: unique symbol

/** What a builder returns: a named configuration of one surface, checked when an application starts with it. */
export interface Connection<out S extends Surface = Surface, out C = unknown, out Ref extends string = never> {
  /** the surface that it speaks */
  readonly surface: S
  /** whether a human consents in a browser */
  readonly interactive: boolean
  /** type only: the clients of this connection */
  readonly [Client]: C
  /** type only: the connections whose sessions it borrows */
  readonly [Refs]: Ref
}

/** Any connection at all. */
export type AnyConnection = Connection<Surface, unknown, string>

/** The connections of an application, by name. */
export interface Connections {
  /** a connection under the name that the application uses */
  readonly [name: string]: AnyConnection
}

/** Connections in which everyone that borrows a session names an intacct-xml connection of the same object. */
export type Linked<C extends Connections> = {
  readonly [K in keyof C]: C[K] extends Connection<infer _S, infer _C, infer Ref>
    ? [Ref] extends [never]
      ? C[K]
      : string extends Ref
        ? C[K]
        : Ref extends keyof C
          ? C[Ref]["surface"] extends "intacct-xml"
            ? C[K]
            : `session: "${Ref}" is not an intacct-xml connection`
          : `session: "${Ref}" names no connection`
    : C[K]
}

/** The client of a connection in one of the worlds. */
export type ClientOf<C extends AnyConnection, W extends World = "promise"> =
  C extends Connection<infer _S, infer K, infer _R>
    ? K extends Clients
      ? (K & { readonly world: W })["client"]
      : never
    : never

/**
 * What the clients of a surface can do. The promise client is made of this table and the effect client, and so is every
 * client that stands for one which is not there yet: until the engine is loaded, or until it is known who is asking.
 */
export interface Members {
  /**
   * what gives a promise, by name: which argument holds the call's signal, counted from 0; undefined where none does
   */
  readonly calls: Readonly<Record<string, number | undefined>>
  /** what gives something to iterate, by name: which argument holds the signal */
  readonly lists?: Readonly<Record<string, number>> | undefined
  /** what gives another client, by name; checks its arguments as the client itself would */
  readonly narrowing?: Readonly<Record<string, (place: Place, ...input: ReadonlyArray<never>) => unknown>> | undefined
}

/** Whether something has a member of its own for a signal: what may have any member is none of a call's options. */
type HasSignal<O> = string extends keyof O ? false : "signal" extends keyof O ? true : false

type SignalIn<Input extends ReadonlyArray<unknown>> = {
  [K in keyof Input]: K extends `${infer At extends number}`
    ? HasSignal<NonNullable<Input[K]>> extends true
      ? At
      : never
    : never
}[number]

type SignalOf<F> = F extends (...input: infer Input) => unknown
  ? [SignalIn<Required<Input>>] extends [never]
    ? undefined
    : SignalIn<Required<Input>>
  : never

type IsCall<F> = F extends (...input: never) => PromiseLike<unknown> ? true : false
type IsList<F> = F extends (...input: never) => AsyncIterable<unknown> ? true : false
type IsNarrowing<F> = F extends (...input: never) => PromiseLike<unknown> | AsyncIterable<unknown>
  ? false
  : F extends (...input: never) => object
    ? true
    : false

/** The calls of a client, whole: one that its interface declares and the table forgets does not compile. */
export type CallsOf<Client> = {
  readonly [K in keyof Client as IsCall<Client[K]> extends true ? K : never]-?: SignalOf<Client[K]>
}

/** What a client gives to iterate, whole. */
export type ListsOf<Client> = {
  readonly [K in keyof Client as IsList<Client[K]> extends true ? K : never]-?: Extract<SignalOf<Client[K]>, number>
}

/** The table of a client, whole. */
export interface MembersOf<Client> extends Members {
  readonly calls: CallsOf<Client>
  readonly lists: ListsOf<Client>
  readonly narrowing: {
    readonly [K in keyof Client as IsNarrowing<Client[K]> extends true ? K : never]-?: (
      place: Place,
      ...input: ReadonlyArray<never>
    ) => unknown
  }
}

/** Which builder made a connection: an engine puts it to work by this. */
export type Builder =
  | "intacct-xml"
  | "intacct-rest.client-credentials"
  | "intacct-rest.authorization-code"
  | "business-cloud"
  | "x3.on-premise"
  | "x3.online"
  | "x3.graphql"
  | "x3.gateway"

/** What stands behind a connection: how it is checked, and how it is put to work. Nothing here knows an effect. */
export interface Definition<S extends Surface = Surface> {
  readonly surface: S
  readonly interactive: boolean
  readonly builder: Builder
  /** as the user wrote them */
  readonly options: unknown
  /** what was found wrong before there was anything to check */
  readonly issues?: ReadonlyArray<Issue> | undefined
  readonly members: Members
  /** where the callbacks of its consents come, where there are any; only to be asked after `validate` found nothing */
  readonly redirectUri?: (() => string | undefined) | undefined
  /**
   * whether these callbacks come from the server, by a POST of another site without a cookie; default: from the browser
   */
  readonly callbackPosted?: boolean | undefined
  /** every mistake that can be seen without asking a function; `at` is the connection's path in the configuration */
  readonly validate: (at: string, connections: Connections) => ReadonlyArray<Issue>
  /** loads what puts it to work with promises: a `Work` of the engine that comes with this package */
  readonly load: () => Promise<unknown>
  /**
   * opens an application: what the copy of this package does that made the connection, which need not be the one asked
   */
  readonly createSageAuth: (config: never) => unknown
  /** a `Work` of its own, for a surface that no engine knows: tests of this library bring one */
  readonly work?: unknown
}

// Registered: a process may load this package twice, by `import` and by `require`, and a connection is one for both.
const behind: unique symbol = Symbol.for("@sage-auth/core/Connection")

class DefinedConnection {
  readonly surface: Surface
  readonly interactive: boolean
  // private, so that neither inspect nor JSON shows the options
  readonly #definition: Definition

  constructor(definition: Definition) {
    this.surface = definition.surface
    this.interactive = definition.interactive
    this.#definition = definition
  }

  [behind](): Definition | undefined {
    return #definition in this ? this.#definition : undefined
  }
}

/** The connection of a definition. Builders call `define`, which knows the rest of it. */
export const connectionOf = <S extends Surface, C, Ref extends string = never>(
  definition: Definition<S>
): Connection<S, C, Ref> => new DefinedConnection(definition) as unknown as Connection<S, C, Ref>

/** What stands behind a connection, or undefined for a value that no builder made, of this copy or another one. */
export const definitionOf = (connection: unknown): Definition | undefined =>
  typeof connection === "object" && connection !== null && behind in connection
    ? (connection as DefinedConnection)[behind]()
    : undefined
