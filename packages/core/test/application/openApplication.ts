import { Effect, Metric, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import type { Application, SharedSettings } from "../../src/application/Application.ts"
import { defaultSettings, makeApplication } from "../../src/application/makeApplication.ts"
import type { SageEvent } from "../../src/telemetry/SageEvent.ts"

/** The defaults, with a key made on the spot. */
export const testSettings: SharedSettings = {
  ...defaultSettings,
  keys: [Redacted.make(randomBytes(32).toString("base64url"))]
}

/** An application of the test's scope and clock that also tells what it announced and how many fibers it started. */
export const openApplication = (settings: Partial<SharedSettings> = {}) =>
  Effect.gen(function* () {
    const events: Array<SageEvent> = []
    const fibers = { started: 0 }
    const opened = yield* makeApplication({ ...testSettings, ...settings }).pipe(
      Effect.provideService(Metric.FiberRuntimeMetrics, {
        recordFiberStart: () => {
          fibers.started++
        },
        recordFiberEnd: () => {}
      })
    )
    const application: Application = {
      ...opened,
      publish: (event) => {
        events.push(event)
        opened.publish(event)
      }
    }
    return { application, events, fibers }
  })
