import { clientCredentials, exchanges, readCalls, revocations } from "../../src/grants/matrix.ts"

// every fault at every step, each at the connection that has most to say of it; the storms try the other connections
exchanges("books")
revocations("erpSso")
clientCredentials("vendors")
readCalls("payables")
