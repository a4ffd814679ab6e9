// Preloaded into the process of the official SDK, which accepts hosts of Intacct and no other: their names resolve to
// this machine, and everything else of the SDK and the platform stays as it is.
"use strict"

const dns = require("node:dns")

const lookup = dns.lookup

dns.lookup = (hostname, options, callback) => {
  const answer = typeof options === "function" ? options : callback
  if (!/\.intacct\.com$/i.test(hostname)) return lookup(hostname, options, callback)
  const all = typeof options === "object" && options !== null && options.all === true
  process.nextTick(() => (all ? answer(null, [{ address: "127.0.0.1", family: 4 }]) : answer(null, "127.0.0.1", 4)))
}
