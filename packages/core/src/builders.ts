// A file of its own: in `Connection.ts` it would close a circle, since `createSageAuth.ts` needs that.

import { type Connection, connectionOf, type Definition } from "./Connection.ts"
import { type FoundVariables, readVariables, type VariablesOf } from "./config/readVariables.ts"
import { createSageAuth } from "./createSageAuth.ts"
import type { Surface } from "./errors/Reason.ts"

/**
 * Where `fromEnvironment` of a builder looks.
 *
 * @category connections
 */
export interface VariablesSettings {
  /**
   * what the names of the variables start with, such as `"ACME_BOOKS_"`; default: `SAGE_` and the surface, as in
   * `SAGE_BUSINESS_CLOUD_`. An application with two connections of one surface gives each a prefix of its own
   */
  readonly prefix?: string | undefined
  /** default `process.env` */
  readonly env?: { readonly [name: string]: string | undefined } | undefined
}

/**
 * Makes a connection of what the environment has, and of what the application sets beside it, which wins. For builders.
 */
export const fromVariables = <S extends Surface, C, Ref extends string = never>(
  of: VariablesOf,
  settings: VariablesSettings | undefined,
  definition: (options: never) => Omit<Definition<S>, "createSageAuth">,
  found: FoundVariables = readVariables({ of, ...settings })
): Connection<S, C, Ref> => {
  const { env: _env, prefix: _prefix, ...beside } = settings ?? {}
  const made = definition({ ...found.options, ...beside } as never)
  return define({ ...made, validate: (at, connections) => found.named(made.validate(at, connections), at) })
}

/** Makes a connection of a definition. For builders. */
export const define = <S extends Surface, C, Ref extends string = never>(
  definition: Omit<Definition<S>, "createSageAuth">
): Connection<S, C, Ref> => connectionOf({ ...definition, createSageAuth })
