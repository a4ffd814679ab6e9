/** Whether a record is wanted, when `holds` says which filters, counted from 0, it fulfils. */
export type Combination = (holds: (index: number) => boolean) => boolean

// Deep enough for any expression that somebody writes, and shallow enough for the stack.
const deepest = 100

/**
 * Reads how filters are combined: `and`, `or`, or their numbers counted from 1 as in `(1 and 2) or 3`, where `and`
 * binds stronger. A text says what is wrong with it.
 */
export const readFilterExpression = (expression: string, filters: number): Combination | string => {
  const tokens = expression.toLowerCase().match(/[()]|[^\s()]+/g) ?? []
  if (tokens.length === 1 && (tokens[0] === "and" || tokens[0] === "or")) {
    const all = Array.from({ length: filters }, (_, index) => index)
    return tokens[0] === "and" ? (holds) => all.every(holds) : (holds) => all.some(holds)
  }
  let at = 0
  let depth = 0
  const either = (): Combination => {
    const parts = [both()]
    while (tokens[at] === "or") {
      at++
      parts.push(both())
    }
    return (holds) => parts.some((each) => each(holds))
  }
  const both = (): Combination => {
    const parts = [one()]
    while (tokens[at] === "and") {
      at++
      parts.push(one())
    }
    return (holds) => parts.every((each) => each(holds))
  }
  const one = (): Combination => {
    const token = tokens[at++]
    if (token === "(") {
      if (++depth > deepest) throw new SyntaxError("it is too deep")
      const inner = either()
      depth--
      if (tokens[at++] !== ")") throw new SyntaxError("a parenthesis is not closed")
      return inner
    }
    const index = Number(token) - 1
    if (!Number.isInteger(index) || index < 0 || index >= filters) {
      throw new SyntaxError(`${token ?? "its end"} is none of the ${filters} filters`)
    }
    return (holds) => holds(index)
  }
  try {
    const read = either()
    return at === tokens.length ? read : `${tokens[at] ?? ""} is unexpected`
  } catch (error) {
    if (error instanceof SyntaxError) return error.message
    throw error
  }
}
