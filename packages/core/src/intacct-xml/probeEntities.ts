import * as Effect from "effect/Effect"
import type { CatalogueId } from "../errors/catalogue.ts"
import { failure, misconfigured, type SageAuthError } from "../errors/SageAuthError.ts"
import type { Execution } from "./Execution.ts"
import type { ExecuteReasons } from "./judge.ts"
import type { EntityProbe, ProbeOptions } from "./IntacctXmlClient.ts"
import type { XmlResult } from "./XmlResult.ts"
import type { XmlPlace, XmlTraffic } from "./XmlTraffic.ts"

/** The object that stands for an entity itself. */
const entityObject = "LOCATIONENTITY"

/** Refusals of the switch: since the connection's own session was opened, they are about the entity. */
const switchRefusals: ReadonlySet<CatalogueId> = new Set(["intacct-xml.login-rejected", "intacct-xml.session-invalid"])

/** Whether a refusal says something about the entity: the switch was refused, or the query in it. */
const isRefusal = ({ id, reason }: SageAuthError): boolean =>
  reason._tag === "PermissionDenied" || reason._tag === "FunctionFailed" || switchRefusals.has(id)

const quoted = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`

/**
 * Asks in each of the connection's entities for a record that must be there: a restricted user gets empty answers and
 * no error. One session and one query an entity.
 */
export const probeEntities = (
  traffic: XmlTraffic,
  execution: Execution,
  /** the connection's own session: a login that is refused says nothing about an entity */
  signedIn: Effect.Effect<unknown, SageAuthError<ExecuteReasons>>,
  place: XmlPlace,
  options: ProbeOptions | undefined
): Effect.Effect<ReadonlyArray<EntityProbe>, SageAuthError<ExecuteReasons>> => {
  const { entities } = traffic.configuration
  if (entities.length === 0) {
    const option = `connections.${place.connection}.entities`
    return Effect.fail(
      misconfigured([{ option, expected: "the ids of the entities that this connection must see" }], place)
    )
  }
  const probes = Effect.forEach(entities, (entity) =>
    probe(execution, place, entity, options).pipe(
      Effect.tap(({ outcome }) =>
        Effect.sync(() => {
          if (outcome !== "answers") advise(traffic, place, entity)
        })
      )
    )
  )
  return Effect.andThen(signedIn, probes)
}

const probe = (
  execution: Execution,
  place: XmlPlace,
  entity: string,
  options: ProbeOptions | undefined
): Effect.Effect<EntityProbe, SageAuthError<ExecuteReasons>> => {
  const object = options?.object ?? entityObject
  const query = options?.query ?? (object === entityObject ? `LOCATIONID = ${quoted(entity)}` : "")
  const read = { readByQuery: { object, fields: "RECORDNO", query, pagesize: 1 } }
  return execution.execute(place.tenant, { kind: "entity", id: entity }, [read], options).pipe(
    Effect.flatMap(([result]) =>
      // the one function succeeded, or execute would have failed; its data may still be unreadable
      Effect.tryPromise({
        try: () => (result as XmlResult).data(),
        catch: (thrown) => thrown as SageAuthError<ExecuteReasons>
      })
    ),
    Effect.map((data): EntityProbe => {
      const count = Number((data as { readonly "@count"?: string })["@count"] ?? 0)
      return { entity, outcome: count > 0 ? "answers" : "empty", error: undefined }
    }),
    Effect.catchIf(isRefusal, (error) => Effect.succeed<EntityProbe>({ entity, outcome: "refuses", error }))
  )
}

const advise = ({ application }: XmlTraffic, place: XmlPlace, entity: string): void => {
  const { remedy } = failure("intacct-xml.entity-not-visible")
  application.publish({
    type: "advice",
    ...place,
    at: application.now(),
    subject: "entity-not-visible",
    message: `${place.connection} cannot see entity ${entity}. ${remedy}`
  })
}
