import { builtin } from "../config/builtin.ts"

/** Who holds the lease of a grant, as far as its owner's name tells. */
export interface Holder {
  /** the name of its host; undefined where the lease was written by an older release */
  readonly host: string | undefined
  readonly processId: number | undefined
}

const separator = " "
/** letters that a name of a host has; nothing else of it is written into the store, or read from there */
const foreign = /[^\w.-]/g
const named = /^[\w-]{1,64}\.(\d{1,10})\.([\w.-]{1,64})$/

/** A name for one lease: no other lease has the same. The store's name of the process comes first. */
export const nameOwner = (process: string): string =>
  `${process}${separator}${builtin("node:crypto").randomUUID()}.${globalThis.process.pid}.${builtin("node:os").hostname().replace(foreign, "_").slice(0, 64)}`

/** The process that holds a lease, as the store knows it. */
export const processOf = (owner: string): string => owner.slice(0, owner.lastIndexOf(separator))

/** The process that holds a lease, as a human looks for it. */
export const holderOf = (owner: string): Holder => {
  const [, processId, host] = named.exec(owner.slice(owner.lastIndexOf(separator) + 1)) ?? []
  return { host, processId: processId === undefined ? undefined : Number(processId) }
}

/** It in words. */
export const describeHolder = ({ host, processId }: Holder): string =>
  host === undefined || processId === undefined
    ? "another process"
    : host === builtin("node:os").hostname().replace(foreign, "_").slice(0, 64) && processId === process.pid
      ? `another renewal of this process (${processId} on ${host})`
      : `process ${processId} on host ${host}`
