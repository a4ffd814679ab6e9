// A file of its own: files that are loaded late need this and nothing else.

import type * as asyncHooks from "node:async_hooks"
import type * as crypto from "node:crypto"
import type * as fs from "node:fs"
import type * as http from "node:http"
import type * as module from "node:module"
import type * as net from "node:net"
import type * as os from "node:os"
import type * as path from "node:path"
import type * as stream from "node:stream"
import type * as tls from "node:tls"
import type * as url from "node:url"
import type * as util from "node:util"

/**
 * A module of Node's own, loaded when it is first used and at once: `node:crypto` and `node:tls` take 5 to 10 ms, which
 * importing this library should not cost. What an `import` of one costs besides is its namespace, which runs every getter
 * of it: `node:fs` loads its streams and promises for that. Bundlers leave it alone.
 */
export const builtin = <Id extends keyof Builtins>(id: Id): Builtins[Id] =>
  process.getBuiltinModule(id) as unknown as Builtins[Id]

interface Builtins {
  "node:async_hooks": typeof asyncHooks
  "node:crypto": typeof crypto
  "node:fs": typeof fs
  "node:http": typeof http
  "node:module": typeof module
  "node:net": typeof net
  "node:os": typeof os
  "node:path": typeof path
  "node:stream": typeof stream
  "node:tls": typeof tls
  "node:url": typeof url
  "node:util": typeof util
}
