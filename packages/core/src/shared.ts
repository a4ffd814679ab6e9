/**
 * What the effect entry shares with the promise entry, so that there is one of each in a process: errors, connections
 * and credentials as their builders made them, the catalogue. It also has the types that the effect entry adds to, so
 * that there is one of each in a program. No entry of the package, and nothing here knows an effect: every name is
 * listed.
 */
export type { Target } from "./config/hosts.ts"
export { type Builder, type Definition, definitionOf, type Members } from "./Connection.ts"
export * from "./errors/catalogue.ts"
export * from "./errors/Reason.ts"
export * from "./errors/SageAuthError.ts"
export { AnyTaggedError } from "./errors/TaggedError.ts"
export type { Login, Sender } from "./intacct-xml/options.ts"
export type { Advice } from "./telemetry/SageEvent.ts"
export { authOf, type OAuth2Options } from "./x3/auth.ts"
export type * from "./publicTypes.ts"
