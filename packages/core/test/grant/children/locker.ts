/** Holds the write lock of a database for so many milliseconds, the way a shell or a backup might. */
import { DatabaseSync } from "node:sqlite"
import { tell } from "./tell.ts"

const [path = "", milliseconds = "0"] = process.argv.slice(2)

const database = new DatabaseSync(path)
database.exec("begin immediate")
tell("locked")
setTimeout(() => {
  database.exec("commit")
  database.close()
  tell("released")
}, Number(milliseconds))
