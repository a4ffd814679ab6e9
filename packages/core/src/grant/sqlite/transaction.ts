import type { DatabaseSync } from "node:sqlite"

/** Runs statements as one: all of them are kept, or none. The write lock is taken first, so no later one can be busy. */
export const transaction = <A>(database: DatabaseSync, use: () => A): A => {
  database.exec("begin immediate")
  try {
    const result = use()
    database.exec("commit")
    return result
  } catch (error) {
    // a full disk or a failing one has ended the transaction by itself
    if (database.isTransaction) database.exec("rollback")
    throw error
  }
}
