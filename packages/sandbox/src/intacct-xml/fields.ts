import type { Company } from "./companies.ts"
import { Refused } from "./notPlayed.ts"
import { fieldNamed, type FieldKind, kindOf, type ObjectType, relationNamed } from "./objectTypes.ts"
import type { IntacctRecord, View } from "./records.ts"

/** A field as a caller names it, of the object itself or of one that it points to. */
export interface FieldPath {
  /** As answers spell it. */
  readonly name: string
  readonly kind: FieldKind
  readonly read: (record: IntacctRecord) => string
  /** The objects that the path goes through. */
  readonly objects: ReadonlyArray<string>
}

/** What a path is looked up in. */
export interface PathScope {
  readonly company: Company
  readonly view: View
}

/**
 * Finds `NAME`, `VENDOR.NAME` or `APBILL.VENDOR.NAME`. A hierarchy, such as a customer's parent, is followed once.
 *
 * Undefined when there is no such field.
 *
 * @throws `Refused` for a second step in a hierarchy
 */
export const fieldPath = (scope: PathScope, type: ObjectType, path: string): FieldPath | undefined =>
  step(scope, type, path.trim(), 0)

const deepest = 8

const step = (scope: PathScope, type: ObjectType, path: string, depth: number): FieldPath | undefined => {
  const own = fieldNamed(type, path)
  if (own !== undefined) {
    return { name: own, kind: kindOf(type, own), read: (record) => record[own] ?? "", objects: [] }
  }
  const dot = path.indexOf(".")
  if (dot < 0 || depth === deepest) return undefined
  const relationName = relationNamed(type, path.slice(0, dot))
  if (relationName === undefined) return undefined
  const relation = type.relations[relationName]
  const other = relation === undefined ? undefined : scope.company.records.types.get(relation.object)
  if (relation === undefined || other === undefined) return undefined
  const rest = path.slice(dot + 1)
  if (
    other === type &&
    relationNamed(type, rest.split(".", 1)[0] ?? "") === relationName &&
    fieldNamed(other, rest) === undefined
  ) {
    throw new Refused({
      errorno: "XL03000006",
      description2: `The following fields cannot be queried: ${path}: more than one hierarchical relationship`
    })
  }
  const inner = step(scope, other, rest, depth + 1)
  if (inner === undefined) return undefined
  const matches = relation.matches ?? other.key
  // Made when it is needed first: most paths are only looked up to see that they exist.
  let index: Map<string, IntacctRecord> | undefined
  const find = (value: string): IntacctRecord | undefined => {
    index ??= new Map(scope.company.records.visible(other.name, scope.view).map((each) => [each[matches] ?? "", each]))
    return value === "" ? undefined : index.get(value)
  }
  return {
    name: `${relationName}.${inner.name}`,
    kind: inner.kind,
    read: (record) => {
      const related = find(record[relation.by] ?? "")
      return related === undefined ? "" : inner.read(related)
    },
    objects: [other.name, ...inner.objects]
  }
}
