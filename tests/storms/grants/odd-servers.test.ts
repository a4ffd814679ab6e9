import { booksServed, payablesServed, usually } from "../../src/grants/oddServers.ts"

booksServed((title) => !usually.has(title))
payablesServed((title) => !usually.has(title))
