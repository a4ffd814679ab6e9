import * as Schema from "effect/Schema"

/** Chooses one of several with {@link pick}. */
export const Index = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 }))

export const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))

export const pick = <Item>(items: ReadonlyArray<Item>, index: number): Item => {
  const item = items[index % items.length]
  if (item === undefined) throw new Error("there is nothing to pick")
  return item
}
