/**
 * A module of Node's own, loaded when it is first used and at once: `node:crypto` and `node:tls` take 5 to 10 ms, which
 * nobody should pay who imports this library. Bundlers leave it alone.
 */
export const builtin = <Id extends keyof Builtins>(id: Id): Builtins[Id] => process.getBuiltinModule(id) as Builtins[Id]

interface Builtins {
  "node:crypto": typeof import("node:crypto")
  "node:fs": typeof import("node:fs")
  "node:net": typeof import("node:net")
  "node:path": typeof import("node:path")
  "node:stream": typeof import("node:stream")
  "node:tls": typeof import("node:tls")
}
