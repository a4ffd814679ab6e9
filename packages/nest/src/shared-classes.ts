type Class = abstract new (...input: ReadonlyArray<never>) => unknown

const places: unique symbol = Symbol.for("@sage-auth/nest/shared")

interface Shared {
  /** the connections whose clients are injected anywhere in this process */
  readonly injected: Set<string>
  /** every build's class of a name */
  readonly classes: Map<string, Set<Class>>
}

/**
 * What is one in a process: this package is there as ES modules and for `require`, Jest and bundlers may bring both,
 * and a class is a token of its own in each.
 */
export const shared = (): Shared =>
  ((globalThis as { [places]?: Shared })[places] ??= { injected: new Set(), classes: new Map() })

/** Makes a class that applications inject known to the module, whichever build that is of. */
export const share = (name: string, own: Class): void => {
  const { classes } = shared()
  classes.set(name, (classes.get(name) ?? new Set()).add(own))
}

/** A class that applications inject, in each build that is loaded. */
export const buildsOf = <C extends Class>(name: string, own: C): ReadonlyArray<C> => [
  ...new Set([own, ...((shared().classes.get(name) ?? []) as Iterable<C>)])
]
