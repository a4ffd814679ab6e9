import * as Predicate from "effect/Predicate"

/** Which Effect made a value of that kind, whichever copy of it: version 4, or the one before; undefined: none did. */
export const madeByEffect = (kind: "Layer" | "Schedule" | "Redacted", input: unknown): "3" | "4" | undefined => {
  if (!Predicate.isObject(input) && !Predicate.isFunction(input)) return undefined
  if (`~effect/${kind}` in input) return "4"
  return Symbol.for(`effect/${kind}`) in input ? "3" : undefined
}

/** What to do with such a value where nothing can be done with it. */
export const remedyFor = (made: "3" | "4", what: string): string =>
  made === "4"
    ? `${what} is for SageAuth of "@sage-auth/core/effect", which runs it with your own effect`
    : `${what} of Effect 3 cannot be used here. SageAuth of "@sage-auth/core/effect" takes one of effect 4.1 or a later 4.x. "@sage-auth/core" takes what needs no Effect`
