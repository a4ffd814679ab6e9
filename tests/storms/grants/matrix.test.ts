import { clientCredentials, exchanges, readCalls, revocations } from "../../src/grants/matrix.ts"

exchanges("payables")
exchanges("erpSso")
revocations("books")
revocations("payables")
clientCredentials("bridge")
readCalls("books")
readCalls("vendors")
readCalls("bridge")
