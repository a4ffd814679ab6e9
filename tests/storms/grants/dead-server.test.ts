import { longLived, shortLived } from "../../src/grants/deadServers.ts"

longLived("payables", "drop-request")
longLived("vendors", "unavailable")
longLived("vendors", "drop-request")
longLived("bridge", "unavailable")
longLived("bridge", "drop-request")
shortLived("unavailable")
shortLived("html-502")
shortLived("rate-limited")
