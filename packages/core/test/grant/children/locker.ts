/** Holds the write lock of a database until its input ends, the way a shell or a backup might. */
import { once } from "node:events"
import { DatabaseSync } from "node:sqlite"
import { tell } from "./tell.ts"

const [path = ""] = process.argv.slice(2)

const database = new DatabaseSync(path)
database.exec("begin immediate")
tell("locked")
await once(process.stdin.resume(), "end")
database.exec("commit")
database.close()
tell("released")
