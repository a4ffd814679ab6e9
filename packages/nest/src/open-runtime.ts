import { Logger } from "@nestjs/common"
import type { ApplicationConfig, ModulesContainer } from "@nestjs/core"
import {
  type Config,
  type Connections,
  createSageAuth,
  isSageAuthError,
  isUnderTest,
  type Log,
  type Sage
} from "@sage-auth/core"
import {
  checkWebOptions,
  misconfigured,
  settingNames,
  unknownOptions,
  webOptionNames,
  webOf
} from "@sage-auth/core/web"
import { connectionsNamedBy } from "./decorators.ts"
import type { SageAuthModuleExtras, SageAuthModuleOptions } from "./sage-auth-module-options.ts"
import { SageAuthRuntime } from "./sage-auth-runtime.ts"

type Issue = Parameters<typeof misconfigured>[0][number]

const issuesOf = (attempt: () => unknown): ReadonlyArray<Issue> => {
  try {
    attempt()
    return []
  } catch (error) {
    if (isSageAuthError(error) && error.reason._tag === "Misconfigured") return error.reason.issues
    throw error
  }
}

/** Every decorator of the application that names a connection which there is not. */
const issuesOfDecorators = (modules: ModulesContainer, connections: unknown): ReadonlyArray<Issue> => {
  const known = Object.keys(typeof connections === "object" && connections !== null ? connections : {})
  const named = [...modules.values()]
    .flatMap(({ controllers, injectables, providers }) => [controllers, injectables, providers])
    .flatMap((classes) => Array.from(classes.values()))
    .flatMap(({ metatype }) => connectionsNamedBy(metatype as object))
  const wrong = named.filter(({ connection }) => !known.includes(connection)).map(({ where }) => where)
  return [...new Set(wrong)].map((option) => ({ option, expected: `the name of a connection: ${known.join(", ")}` }))
}

const extras: { readonly [Name in keyof Required<SageAuthModuleExtras>]: true } = {
  global: true,
  routes: true,
  filter: true
}

/** what a factory gives */
const optionNames: ReadonlyArray<string> = [...settingNames, ...webOptionNames.filter((name) => name !== "routes")]

const besideFactory = (name: string): string => `forRootAsync({ ${name} })`

/** What of the options beside a factory is none of them. */
const issuesBeside = (given: ReadonlyArray<string>, known: ReadonlyArray<string>): ReadonlyArray<Issue> => {
  return given
    .filter((name) => !known.includes(name))
    .flatMap((name) =>
      optionNames.includes(name)
        ? [
            {
              option: besideFactory(name),
              expected: `in what the factory gives: useFactory: () => ({ connections, ${name} })`
            }
          ]
        : unknownOptions([name], known, besideFactory)
    )
}

/** What of the options is none of them. */
const issuesOfNames = (options: object): ReadonlyArray<Issue> =>
  Object.keys(options).flatMap((name) =>
    Object.hasOwn(extras, name)
      ? [
          {
            option: name,
            expected: `beside the factory: forRootAsync({ ${name}, useFactory }), where it is needed before`
          }
        ]
      : unknownOptions([name], [...optionNames, ...Object.keys(extras)])
  )

/** A second module would have its own routes, and clients under the same tokens. */
const issuesOfModules = (modules: ModulesContainer, isOwn: (metatype: unknown) => boolean): ReadonlyArray<Issue> => {
  const count = [...modules.values()].filter(({ metatype }) => isOwn(metatype)).length
  return count < 2
    ? []
    : [
        {
          option: "SageAuthModule",
          expected: `one import, in the root module, with the connections of all modules. This application has ${count} imports. Other modules inject the clients without it`
        }
      ]
}

/** What an application is opened with, in words. */
export const optionsExpected = "an object with the connections of the application"

/** Where an application is opened. */
export interface Opening {
  /** the names of what was given beside a factory, and of what may be; undefined: there was no factory */
  readonly beside: { readonly given: ReadonlyArray<string>; readonly known: ReadonlyArray<string> } | undefined
  /** whether the routes are served */
  readonly routes: boolean
  readonly config: ApplicationConfig
  readonly modules: ModulesContainer
  /** whether a module is this one, in whichever build */
  readonly isOwn: (metatype: unknown) => boolean
}

const logger = new Logger("SageAuth")

/** Nest's logger, which has another name for what is no warning. */
const nestLog: Log = {
  info: (text) => logger.log(text),
  warn: (text) => logger.warn(text),
  error: (text) => logger.error(text)
}

/** @internal opens the application; throws `Misconfigured` with every mistake of options and decorators at once */
export const openRuntime = async (
  given: unknown,
  { beside, config, isOwn, modules, routes }: Opening
): Promise<SageAuthRuntime> => {
  if (typeof given !== "object" || given === null) {
    throw misconfigured([{ option: "SageAuthModule options", expected: optionsExpected }])
  }
  const options = given as SageAuthModuleOptions
  const { basePath = "sage", loginUrl, origins, render, strippedPrefix, tenant, texts } = options
  const webOptions = { basePath, loginUrl, origins, render, routes, strippedPrefix, tenant, texts }
  const settings = Object.fromEntries(
    Object.entries(options).filter(([name]) => settingNames.includes(name))
  ) as unknown as Config<Connections>
  let sage: Sage<Connections> | undefined
  const issues = [
    ...issuesOfModules(modules, isOwn),
    ...(beside === undefined ? [] : issuesBeside(beside.given, beside.known)),
    ...issuesOfNames(options),
    ...issuesOf(() => {
      // this library's own words go where the application's go
      const log = settings.log ?? (isUnderTest() ? undefined : nestLog)
      sage = createSageAuth({ ...settings, log })
    }),
    ...issuesOf(() => checkWebOptions(webOptions)),
    ...issuesOfDecorators(modules, settings.connections)
  ]
  if (sage === undefined || issues.length > 0) {
    await sage?.close()
    throw misconfigured(issues)
  }
  const web = webOf<Connections, object, object>(sage, webOptions)
  const runtime = new SageAuthRuntime(sage, web, options, config, routes)
  try {
    await sage.ready()
  } catch (error) {
    await sage.close()
    throw error
  }
  return runtime
}
