import type { Members } from "./Connection.ts"
import type { Place } from "./errors/SageAuthError.ts"

type Method = (...input: ReadonlyArray<unknown>) => unknown
type Methods = Readonly<Record<string, Method>>

/**
 * A client of which only its members are known: the first call loads what does the work, and every later one goes there
 * at once. Its members are its own. So they can be taken out of it, as those of other clients can.
 */
export const lateClient = (
  members: Members,
  place: Place,
  find: () => object | undefined,
  load: <A>(use: (loaded: object) => A | PromiseLike<A>) => Promise<A>
): object => {
  const { calls, lists = {}, narrowing = {} } = members
  let real: object | undefined
  const now = () => (real ??= find()) as Methods | undefined
  const client: Record<string, unknown> = {
    connection: place.connection,
    tenant: place.tenant,
    surface: place.surface
  }
  for (const name of Object.keys(calls)) {
    client[name] = (...input: ReadonlyArray<unknown>) => {
      const methods = now()
      return methods === undefined ? load((loaded) => (loaded as Methods)[name]?.(...input)) : methods[name]?.(...input)
    }
  }
  for (const name of Object.keys(lists)) {
    client[name] = (...input: ReadonlyArray<unknown>) =>
      now()?.[name]?.(...input) ??
      iterable(() => load((loaded) => (loaded as Methods)[name]?.(...input)) as Promise<AsyncIterable<unknown>>)
  }
  for (const [name, check] of Object.entries(narrowing)) {
    client[name] = (...input: ReadonlyArray<never>) => {
      check(place, ...input)
      const further = (from: object) => (from as Methods)[name]?.(...input) as object
      return lateClient(
        members,
        place,
        () => {
          const found = now()
          return found === undefined ? undefined : further(found)
        },
        (use) => load((loaded) => use(further(loaded)))
      )
    }
  }
  return client
}

/** Something to iterate that is to come: it is asked for when it is first iterated. */
export const iterable = <A>(coming: () => Promise<AsyncIterable<A>>): AsyncIterable<A> => ({
  [Symbol.asyncIterator]: () => lateIterator(coming().then((list) => list[Symbol.asyncIterator]()))
})

/** An iterator that is to come. It is asked for at once, so that nothing is missed that happens after this. */
export const lateIterator = <A>(coming: Promise<AsyncIterator<A>>): AsyncIterableIterator<A> => {
  let real: AsyncIterator<A> | undefined
  const settle = async () => {
    real = await coming
  }
  // the reader hears of a failure
  settle().catch(() => {})
  // one turn behind the iterator itself: after `close()`, readers have heard of the end
  const later = (use: (iterator: AsyncIterator<A>) => Promise<IteratorResult<A>>) =>
    new Promise<IteratorResult<A>>((resolve, reject) => {
      coming.then((iterator) => use(iterator).then(resolve, reject), reject)
    })
  const leave = (iterator: AsyncIterator<A>): Promise<IteratorResult<A>> =>
    iterator.return?.() ?? Promise.resolve({ done: true, value: undefined })
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => (real === undefined ? later((iterator) => iterator.next()) : real.next()),
    return: () => (real === undefined ? later(leave) : leave(real))
  }
}
