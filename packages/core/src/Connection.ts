import type { Effect } from "effect/Effect"
import type { Application } from "./Application.ts"
import type { Redacted } from "effect/Redacted"
import type { AcquireReasons, Issue, Misconfigured, Reason, StoreUnavailable } from "./errors/Reason.ts"
import type { SageAuthError } from "./errors/SageAuthError.ts"
import type { KeptAlive } from "./grant/keepAlive.ts"
import type { Authorizing } from "./oauth2/completeAuthorization.ts"
import type { Surface } from "./Surface.ts"

/** The two ways in which every operation exists: as a promise and as an effect. One declaration for both. */
export interface Kinds<A, Rs extends Reason> {
  promise: Promise<A>
  effect: Effect<A, SageAuthError<Rs>>
}

/** `"promise"` or `"effect"`. */
export type World = keyof Kinds<unknown, Reason>

/** The result of an operation in one of the worlds. */
export type Out<W extends World, A, Rs extends Reason> = Kinds<A, Rs>[W]

/** How a connection is doing, without a secret. */
export interface Status {
  /**
   * `connected`: a credential is held, or can be had from the configuration; `disconnected`: `disconnect()` was called
   * and nothing was used since; `reauthorization-required`: a human has to act, because the grant is dead or the
   * configured credential was rejected
   */
  readonly state: "connected" | "pairing" | "in-doubt" | "reauthorization-required" | "disconnected"
  /** whether a new credential can be had without a human */
  readonly refreshable: boolean
  readonly credentialExpiresAt: Date | undefined
  readonly grantExpiresAt: Date | undefined
}

/** How a grant is forgotten. */
export interface DisconnectOptions {
  /** also end it at the server; default where that hits this grant alone */
  readonly revoke?: boolean | undefined
}

/** What every client has. */
export interface BaseClient<W extends World, S extends Surface> {
  readonly connection: string
  readonly tenant: string
  readonly surface: S
  status(): Out<W, Status, StoreUnavailable | Misconfigured>
  /** forgets the credential and the grant, even when Sage is down */
  disconnect(options?: DisconnectOptions): Out<W, { readonly revoked: boolean }, StoreUnavailable>
}

/** The promise and the effect client of one connection, so that a connection carries one phantom. */
export interface Worlds<out P, out E> {
  readonly promise: P
  readonly effect: E
}

declare const Client: unique symbol
declare const Refs: unique symbol

/** What a builder returns: a named configuration of one surface, checked when an application starts with it. */
export interface Connection<out S extends Surface = Surface, out C = unknown, out Ref extends string = never> {
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
  C extends Connection<infer _S, infer Ws, infer _R>
    ? Ws extends Worlds<infer P, infer E>
      ? W extends "promise"
        ? P
        : E
      : never
    : never

/** A session of Intacct's, for another surface of it. */
export interface LentSession {
  readonly id: Redacted
  /** the company, case folded */
  readonly company: string
}

/** A connection that is at work in an application. */
export interface OpenConnection {
  readonly effect: (tenant: string) => unknown
  readonly promise: (tenant: string) => unknown
  /** takes the callback of a consent, where there are any */
  readonly authorizing?: Authorizing | undefined
  /** lends the tenant's session to another surface of the same product; `fresh`: the one it lent was refused */
  readonly lendSession?:
    | ((tenant: string, fresh: boolean) => Effect<LentSession, SageAuthError<AcquireReasons["intacct-xml"]>>)
    | undefined
  /** renews a grant that would die unused, where there are any */
  readonly keptAlive?: KeptAlive | undefined
}

/** What stands behind a connection: how it is checked, and how it is put to work. */
export interface Definition<S extends Surface = Surface> {
  readonly surface: S
  readonly interactive: boolean
  /** where the callbacks of its consents come, where there are any; only to be asked after `validate` found nothing */
  readonly redirectUri?: (() => string | undefined) | undefined
  /** whether these callbacks come from the server, by a POST of another site without a cookie; default: from the browser */
  readonly callbackPosted?: boolean | undefined
  /** every mistake that can be seen without asking a function; `at` is the connection's path in the configuration */
  readonly validate: (at: string, connections: Connections) => ReadonlyArray<Issue>
  /** `find` gives the other connections of the application, once all are open */
  readonly open: (
    application: Application,
    name: string,
    find: (connection: string) => OpenConnection | undefined
  ) => OpenConnection
}

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

  static definitionOf(connection: unknown): Definition | undefined {
    return connection instanceof DefinedConnection ? connection.#definition : undefined
  }
}

/** Makes a connection of a definition. For builders. */
export const define = <S extends Surface, C, Ref extends string = never>(
  definition: Definition<S>
): Connection<S, C, Ref> => new DefinedConnection(definition) as unknown as Connection<S, C, Ref>

/** What stands behind a connection, or undefined for a value that no builder made. */
export const definitionOf = (connection: unknown): Definition | undefined => DefinedConnection.definitionOf(connection)
