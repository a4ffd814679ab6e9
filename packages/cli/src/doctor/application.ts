import { inspectSharing, type Sharing, tryCoordination } from "@sage-auth/core/inspect"
import { type Check, type Examined, ofError, ok, warning } from "./Check.ts"

const counted = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`

const storeInWords = ({ leases, place, processes }: NonNullable<Sharing["store"]>): string => {
  const held = leases.map(
    ({ connection, holder, sent, tenant }) =>
      `${connection} of ${tenant} by ${holder}${sent ? ", which may have sent the refresh token" : ""}`
  )
  return [
    `${place}, opens.`,
    `${counted(processes, "process renews", "processes renew")} at present.`,
    held.length === 0 ? "No lease is held." : `Leases: ${held.join("; ")}.`
  ].join(" ")
}

const coordinationInWords = ({
  inUse,
  place,
  pools,
  processes,
  waiting
}: NonNullable<Sharing["coordination"]>): string =>
  `${place}, answers. ${counted(processes, "process uses", "processes use")} ${counted(pools, "pool")} at present: ${counted(inUse, "permit is", "permits are")} out, ${counted(waiting, "call waits", "calls wait")}.`

/** What the connections of an application share. */
export const applicationChecks: ReadonlyArray<Check<Examined>> = [
  {
    id: "configuration",
    title: "Configuration",
    says: "The configuration opens: no option is missing or wrong.",
    surface: "application",
    needs: [],
    // whatever is wrong with it kept the application from being opened
    run: async ({ sage }) => ok(`Every option can work. Connections: ${Object.keys(sage.connections).join(", ")}.`)
  },
  {
    id: "store",
    title: "Grant store",
    says: "The store of grants can be opened, and outlives the process where a human consents.",
    surface: "application",
    needs: [],
    run: async ({ application, interactive, sage }) => {
      try {
        await sage.ready()
      } catch (error) {
        return ofError(error)
      }
      const { store, storePath, storeParts } = application
      if (store === "memory") {
        return interactive.length === 0
          ? ok("In memory. No connection here has grants that a human gave.")
          : warning(
              `In memory: the grants of ${interactive.join(", ")} end with each process.`,
              'Configure `store` and `keys`, such as store: "sqlite:.sage-auth/grants.db".'
            )
      }
      if (!storeParts.once && interactive.length > 0) {
        return warning(
          "The store opens and has no `once`: no other process can complete a consent that one began.",
          "Implement OncePort, or run one process."
        )
      }
      if (storePath !== undefined) return ok(`SQLite in ${storePath} opens.`)
      try {
        const { store: shared } = await inspectSharing(sage)
        return ok(shared === undefined ? "A store of the application's own opens." : storeInWords(shared))
      } catch (error) {
        return ofError(error)
      }
    }
  },
  {
    id: "coordination",
    title: "Coordination",
    says: "What several processes share their pools by answers.",
    surface: "application",
    needs: [],
    run: async ({ application, sage }) => {
      if (application.coordination === "memory") return ok("In memory: pools are those of one process.")
      try {
        await tryCoordination(sage)
        const { coordination } = await inspectSharing(sage)
        return ok(
          coordination === undefined ? "The application's coordination answers." : coordinationInWords(coordination)
        )
      } catch (error) {
        return ofError(error, "Check that what the pools are shared by, such as Redis, runs and lets this machine in.")
      }
    }
  }
]
