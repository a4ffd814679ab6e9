import type { Surface } from "@sage-auth/core"
import {
  type ConnectionSettings,
  type Connections,
  inspectApplication,
  inspectConnection,
  type Sage
} from "@sage-auth/core/inspect"
import { Array as Arr, Effect } from "effect"
import { applicationChecks } from "./application.ts"
import { businessCloudChecks } from "./businessCloud.ts"
import {
  type Attempt,
  type Check,
  type Examined,
  failed,
  type Finding,
  ofError,
  type Patient,
  skipped
} from "./Check.ts"
import { intacctRestChecks } from "./intacctRest.ts"
import { intacctXmlChecks } from "./intacctXml.ts"
import type { Manual } from "./manual.ts"
import { networkChecks } from "./network.ts"
import { x3GatewayChecks } from "./x3Gateway.ts"
import { x3GraphQLChecks } from "./x3GraphQL.ts"
import { x3WebServicesChecks } from "./x3WebServices.ts"

/** Every check of a connection, in the order in which they are made: none needs one that comes later. */
export const connectionChecks: ReadonlyArray<Check> = [
  ...networkChecks,
  ...intacctXmlChecks,
  ...intacctRestChecks,
  ...businessCloudChecks,
  ...x3WebServicesChecks,
  ...x3GraphQLChecks,
  ...x3GatewayChecks
]

/** A check together with what it found. */
export type Checked = { readonly id: string; readonly title: string } & Finding

/** What was found at a connection. */
export interface Examination {
  readonly connection: string
  readonly tenant: string
  readonly surface: Surface
  readonly checks: ReadonlyArray<Checked>
}

/** What was found at all. */
export interface Report {
  readonly application: ReadonlyArray<Checked>
  readonly connections: ReadonlyArray<Examination>
}

/** How an application is examined. */
export interface Options {
  /** the names of connections */
  readonly names: ReadonlyArray<string>
  readonly tenant: string
  readonly deep: boolean
  readonly nodelocal: string | undefined
  readonly environment: NodeJS.ProcessEnv
}

/** What a check that never ends is said to have found, after so long. */
const longest = "30 seconds"

/** Makes checks in their order. One that needs another which failed is skipped, and so is what needs that. */
const make = <Of>(
  checks: ReadonlyArray<Check<Of>>,
  of: Of,
  before: ReadonlyMap<string, Finding>
): Effect.Effect<ReadonlyArray<Checked>> =>
  Effect.gen(function* () {
    const findings = new Map(before)
    // what keeps a check from being made: the one that failed, however far before
    const blocked = new Map<string, string>()
    const titles = new Map<string, string>([...applicationChecks, ...checks].map(({ id, title }) => [id, title]))
    const made: Array<Checked> = []
    for (const { id, needs, run, title } of checks) {
      const missing = needs
        .map((need) => (findings.get(need)?.result === "failed" ? need : blocked.get(need)))
        .find((need) => need !== undefined)
      if (missing !== undefined) blocked.set(id, missing)
      const finding =
        missing === undefined
          ? yield* Effect.tryPromise({ try: () => run(of), catch: (error) => error }).pipe(
              Effect.catch((error) => Effect.succeed(ofError(error))),
              Effect.timeoutOrElse({
                duration: longest,
                orElse: () => Effect.succeed(failed(`It took longer than ${longest}.`, "Look at what does not answer."))
              })
            )
          : skipped(`It needs what failed: ${titles.get(missing) ?? missing}.`)
      findings.set(id, finding)
      made.push({ id, title, ...finding })
    }
    return made
  })

const ofSurface = (surface: Surface) => connectionChecks.filter((check) => [surface, "every"].includes(check.surface))

const patientOf = (examined: Examined, settings: ConnectionSettings, options: Options): Patient => {
  const attempts = new Map<string, Promise<Attempt<unknown>>>()
  return {
    ...examined,
    settings,
    deep: options.deep,
    nodelocal: options.nodelocal,
    attempt: <A>(name: string, run: () => Promise<A>) => {
      let attempt = attempts.get(name)
      if (attempt === undefined) {
        attempt = run().then(
          (value) => ({ value }),
          (error: unknown) => ({ error })
        )
        attempts.set(name, attempt)
      }
      return attempt as Promise<Attempt<A>>
    }
  }
}

/** Examines an application and its connections: those of one product one after the other, the products side by side. */
export const examine = (sage: Sage<Connections>, options: Options): Effect.Effect<Report, unknown> =>
  Effect.gen(function* () {
    const application = inspectApplication(sage)
    const all = yield* Effect.forEach(options.names, (name) =>
      Effect.tryPromise({ try: () => inspectConnection(sage, name, options.tenant), catch: (error) => error })
    )
    const examined: Examined = {
      sage,
      application,
      interactive: all.filter(({ interactive }) => interactive).map(({ connection }) => connection),
      now: application.now ?? Date.now,
      environment: options.environment
    }
    const shared = yield* make(applicationChecks, examined, new Map())
    const before = new Map(shared.map((each) => [each.id, each]))
    // connections of one product share pools, and would see each other's calls there
    const products = Arr.groupBy(all, ({ surface }) => surface.split("-")[0] ?? surface)
    const found = yield* Effect.forEach(
      Object.values(products),
      (those) =>
        Effect.forEach(those, (settings) =>
          Effect.map(
            make(ofSurface(settings.surface), patientOf(examined, settings, options), before),
            (checks): Examination => ({
              connection: settings.connection,
              tenant: settings.tenant,
              surface: settings.surface,
              checks
            })
          )
        ),
      { concurrency: "unbounded" }
    )
    const connections = found
      .flat()
      .toSorted((a, b) => options.names.indexOf(a.connection) - options.names.indexOf(b.connection))
    return { application: shared, connections }
  })

/** A check by hand. */
export interface ByHand extends Omit<Manual, "expects"> {
  readonly id: string
  readonly title: string
  readonly connection: string
  /** the pattern of what its output has to hold */
  readonly expects: string
}

/** The checks of connections as commands to run by hand. */
export const byHand = (sage: Sage<Connections>, options: Options): Effect.Effect<ReadonlyArray<ByHand>, unknown> =>
  Effect.forEach(options.names, (name) =>
    Effect.map(
      Effect.tryPromise({ try: () => inspectConnection(sage, name, options.tenant), catch: (error) => error }),
      (settings) =>
        ofSurface(settings.surface).flatMap(({ id, manual, title }) => {
          const found = manual?.(settings)
          if (found === undefined) return []
          const { expects, ...rest } = found
          return [{ id, title, connection: name, ...rest, expects: expects.source }]
        })
    )
  ).pipe(Effect.map((lists) => lists.flat()))
