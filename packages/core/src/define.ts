import { type Connection, connectionOf, type Definition } from "./Connection.ts"
import { createSageAuth } from "./createSageAuth.ts"
import type { Surface } from "./errors/Reason.ts"

/** Makes a connection of a definition. For builders. */
export const define = <S extends Surface, C, Ref extends string = never>(
  definition: Omit<Definition<S>, "createSageAuth">
): Connection<S, C, Ref> => connectionOf({ ...definition, createSageAuth })
