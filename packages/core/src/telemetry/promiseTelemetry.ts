import * as Context from "effect/Context"
import type { ContextManager, MeterProvider, TracerProvider } from "@opentelemetry/api"

/**
 * Adds whoever calls a promise to the context that its effect runs in, so that its spans have their parent. undefined:
 * nobody collects spans of promises.
 */
export const PromiseCaller = Context.Reference<
  ((context: Context.Context<never>) => Context.Context<never>) | undefined
>("@sage-auth/core/PromiseCaller", { defaultValue: () => undefined })

/** What an SDK of OpenTelemetry has registered in this process. */
export interface Registered {
  readonly context?: ContextManager | undefined
  readonly metrics?: MeterProvider | undefined
  readonly trace?: TracerProvider | undefined
}

const registry = Symbol.for("opentelemetry.js.api.1")

/**
 * What is registered with `@opentelemetry/api`, if anything is. Every copy of it keeps that in the same place of the
 * process, for all the others. So it is found without being imported, where an application is bundled into one file and
 * where it has none.
 */
export const registered = (): Registered | undefined => {
  const found = (globalThis as { readonly [registry]?: Registered })[registry]
  return found?.trace === undefined && found?.metrics === undefined ? undefined : found
}
