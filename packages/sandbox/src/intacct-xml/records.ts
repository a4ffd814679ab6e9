import { ObjectTypes } from "./objectTypes.ts"

/** A record: its fields by name, all of them text as on the wire. */
export type IntacctRecord = Readonly<Record<string, string>>

/** What a session or user may see. */
export interface View {
  /** The entity it works in, or undefined at top level. */
  readonly entity: string | undefined
  /** The entities that the user is restricted to, or undefined. */
  readonly entities: ReadonlyArray<string> | undefined
}

const entityNames: Readonly<Record<string, string>> = {
  E1: "East Region",
  E2: "West Region",
  E3: "Central Region"
}

/** The name that an entity has beside its id. */
export const entityName = (entityId: string): string =>
  Object.hasOwn(entityNames, entityId) ? (entityNames[entityId] ?? "") : entityId

/** The records of one company, with the types that they have. */
export class RecordStore {
  readonly types = new ObjectTypes()
  readonly #tables = new Map<string, Map<string, IntacctRecord>>()
  #nextRecordNo = 1
  #undo: Array<() => void> | undefined

  /** Takes the next RECORDNO. */
  recordNo(): string {
    return String(this.#nextRecordNo++)
  }

  /** An entity, which is a record too. */
  addEntity(entityId: string, modified: string): void {
    this.put("LOCATIONENTITY", {
      RECORDNO: this.recordNo(),
      LOCATIONID: entityId,
      NAME: entityName(entityId),
      STATUS: "active",
      CURRENCY: "USD",
      WHENMODIFIED: modified
    })
  }

  /** The records of a type that a view shows, in the order of their creation. */
  visible(type: string, view: View): ReadonlyArray<IntacctRecord> {
    return [...this.#table(type).values()].filter((record) => isVisible(type, record, view))
  }

  put(type: string, record: IntacctRecord): void {
    const table = this.#table(type)
    const recordNo = record[this.#number(type)] ?? ""
    const before = table.get(recordNo)
    this.#undo?.push(() => {
      if (before === undefined) table.delete(recordNo)
      else table.set(recordNo, before)
    })
    table.set(recordNo, record)
  }

  remove(type: string, record: IntacctRecord): void {
    const table = this.#table(type)
    const entries = [...table]
    this.#undo?.push(() => {
      table.clear()
      for (const [key, value] of entries) table.set(key, value)
    })
    table.delete(record[this.#number(type)] ?? "")
  }

  /** Whether some record of the type has this key, seen or not. */
  has(type: string, field: string, value: string): boolean {
    return [...this.#table(type).values()].some((record) => record[field] === value)
  }

  /**
   * Runs `work` as a whole: when it returns false or throws, everything that it changed is undone. It may be nested.
   */
  transaction(work: () => boolean): void {
    const outer = this.#undo
    const undo: Array<() => void> = []
    this.#undo = undo
    let kept = false
    try {
      kept = work()
    } finally {
      this.#undo = outer
      if (kept) outer?.push(...undo)
      else for (const step of undo.toReversed()) step()
    }
  }

  #number(type: string): string {
    return this.types.any(type)?.number ?? "RECORDNO"
  }

  #table(type: string): Map<string, IntacctRecord> {
    let table = this.#tables.get(type)
    if (table === undefined) {
      table = new Map()
      this.#tables.set(type, table)
    }
    return table
  }
}

const isVisible = (type: string, record: IntacctRecord, view: View): boolean => {
  const { entity, entities } = view
  if (entity !== undefined && entities !== undefined && !entities.includes(entity)) return false
  if (type === "LOCATIONENTITY") return entities === undefined || entities.includes(record["LOCATIONID"] ?? "")
  const owner = record["MEGAENTITYID"] ?? ""
  if (owner === "") return true
  if (entity !== undefined) return owner === entity
  return entities === undefined || entities.includes(owner)
}
