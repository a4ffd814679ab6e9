import process from "node:process"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Layer, Runtime } from "effect"
import { CliConfig, CliError, Command, GlobalFlag } from "effect/cli"
import { Application } from "./Application.ts"
import { advise } from "./commands/advise.ts"
import { connections } from "./commands/connections.ts"
import { doctor } from "./commands/doctor.ts"
import { events } from "./commands/events.ts"
import { explain } from "./commands/explain.ts"
import { headers } from "./commands/headers.ts"
import { init } from "./commands/init.ts"
import { keepAlive } from "./commands/keepAlive.ts"
import { keys } from "./commands/keys.ts"
import { login } from "./commands/login.ts"
import { logout } from "./commands/logout.ts"
import { migrate } from "./commands/migrate.ts"
import { proxy } from "./commands/proxy.ts"
import { refresh } from "./commands/refresh.ts"
import { request } from "./commands/request.ts"
import { sandbox } from "./commands/sandbox.ts"
import { status } from "./commands/status.ts"
import { tenants } from "./commands/tenants.ts"
import { x3 } from "./commands/x3.ts"
import { exitStatus } from "./Failure.ts"
import { ConfigFile, Json } from "./flags.ts"
import { Output } from "./Output.ts"
import { wasInterrupted } from "./serving.ts"

/** The command line: each command stands in `commands/`. */
export const sageAuth = Command.make("sage-auth").pipe(
  Command.withDescription("Sign in to Sage's products, call their APIs, and find out what is wrong"),
  Command.withSubcommands([
    advise,
    init,
    connections,
    status,
    login,
    refresh,
    logout,
    headers,
    request,
    proxy,
    tenants,
    events,
    keepAlive,
    keys,
    explain,
    doctor,
    sandbox,
    migrate,
    x3
  ]),
  Command.provide(Layer.merge(Application.layer, Output.layer)),
  Command.withGlobalFlags([Json, ConfigFile])
)

/** What every command understands, beside what is its own. */
const builtIns = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })

/** Runs a command line. What fails has been printed already, and carries the status that the process ends with. */
export const run = (args: ReadonlyArray<string>, version: string) =>
  Command.runWith(sageAuth, { version })(args).pipe(
    Effect.mapError((error) => (CliError.isCliError(error) ? new Refused(error) : error)),
    Effect.provide(Layer.merge(NodeServices.layer, builtIns))
  )

/** Runs the command line of this process. */
export const main = (version: string): void =>
  NodeRuntime.runMain(run(process.argv.slice(2), version), {
    teardown: (exit, onExit) => (wasInterrupted() ? onExit(0) : Runtime.defaultTeardown(exit, onExit))
  })

/** A command line that is wrong, after its help and its errors were printed. */
class Refused extends Error {
  override readonly [Runtime.errorExitCode] = exitStatus.usage
  override readonly [Runtime.errorReported] = false
  constructor(cause: CliError.CliError) {
    super("the command line is wrong", { cause })
  }
}
