import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { send } from "./oauth/support.ts"

/** Chooses one of several with {@link pick}. */
export const Index = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 }))

export const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))

export const pick = <Item>(items: ReadonlyArray<Item>, index: number): Item => {
  const item = items[index % items.length]
  if (item === undefined) throw new Error("there is nothing to pick")
  return item
}

/** Parameters of a request: places in lists of names and values, and texts in the place of every other value. */
export const Pairs = Schema.Array(Schema.Struct({ name: Index, value: Index, text: Schema.String }))

/** These parameters, with names and values of these lists. */
export const pairsOf = (
  pairs: typeof Pairs.Type,
  names: ReadonlyArray<string>,
  values: ReadonlyArray<string>
): Array<[string, string]> =>
  pairs.map(({ name, value, text }) => [pick(names, name), value % 2 === 0 ? text : pick(values, value)])

/** Sends a request, which has to be answered: no failure of the server's, and 501 for what the sandbox does not play. */
export const answered = (url: string, init: RequestInit = {}): Effect.Effect<void> =>
  Effect.promise(async () => {
    const answer = await send(url, init)
    assert.isTrue(answer.status === 501 || (answer.status < 500 && answer.status >= 200), answer.text)
  })
