import { Effect } from "effect"
import { Command } from "effect/cli"
import { Application } from "../Application.ts"
import { exitStatus, Failure, failureOf } from "../Failure.ts"
import { Output, reported } from "../Output.ts"
import { oneLine } from "../printable.ts"

/** `sage-auth keep-alive`: renews what would die unused. */
export const keepAlive = Command.make("keep-alive", {}, () =>
  Effect.gen(function* () {
    const output = yield* Output
    const { sage } = yield* (yield* Application).opened
    const { due, failed, failures, renewed } = yield* Effect.tryPromise({
      try: () => sage.keepAlive(),
      catch: failureOf
    })
    const shown = failed.map(({ connection, error, tenant }) => ({
      connection,
      tenant,
      message: error.message,
      remedy: error.remedy
    }))
    yield* output.answer({
      data: { due, renewed, failures, failed: shown },
      text: [
        `${due} due, ${renewed} renewed, ${failures} failed`,
        ...shown.map(
          (each) =>
            `${output.paint("red", "failed")} ${oneLine(`${each.connection} of ${each.tenant}: ${each.message} ${each.remedy}`)}`
        ),
        ...(failures > shown.length ? [`and ${failures - shown.length} more`] : [])
      ].join("\n")
    })
    if (failures > 0) {
      return yield* new Failure({
        message: `${failures} of ${due} grants could not be renewed.`,
        remedy: "Each has its own remedy above. `sage-auth doctor <connection> --tenant <id>` finds out more.",
        status: exitStatus.failed
      })
    }
  }).pipe(reported)
).pipe(
  Command.withDescription("Renew once every grant that would die unused, for a scheduler such as cron"),
  Command.withExamples([{ command: "sage-auth keep-alive --json" }])
)
