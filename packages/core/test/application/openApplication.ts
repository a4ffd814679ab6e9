import { Effect, Metric, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import * as Application from "../../src/Application.ts"
import type { SageEvent } from "../../src/telemetry/SageEvent.ts"

/** The defaults, with a key made on the spot. */
export const testSettings: Application.ApplicationSettings = {
  ...Application.defaultSettings,
  keys: [Redacted.make(randomBytes(32).toString("base64url"))]
}

/** An application of the test's scope and clock that also tells what it announced and how many fibers it started. */
export const openApplication = (settings: Partial<Application.ApplicationSettings> = {}) =>
  Effect.gen(function* () {
    const events: Array<SageEvent> = []
    const fibers = { started: 0 }
    const opened = yield* Application.make({ ...testSettings, ...settings }).pipe(
      Effect.provideService(Metric.FiberRuntimeMetrics, {
        recordFiberStart: () => {
          fibers.started++
        },
        recordFiberEnd: () => {}
      })
    )
    const application: Application.Application = {
      ...opened,
      publish: (event) => {
        events.push(event)
        opened.publish(event)
      }
    }
    return { application, events, fibers }
  })
