/** The name of a parameter as it is written. */
const nameOf = (parameter: string): string => parameter.split("=", 1)[0] ?? ""

const parametersOf = (path: string): readonly [before: string, parameters: ReadonlyArray<string>] => {
  const at = path.indexOf("?")
  return at < 0
    ? [path, []]
    : [
        path.slice(0, at),
        path
          .slice(at + 1)
          .split("&")
          .filter((each) => each !== "")
      ]
}

const pathOf = (before: string, parameters: ReadonlyArray<string>): string =>
  parameters.length === 0 ? before : `${before}?${parameters.join("&")}`

/** A path with a parameter set. All others stay as they are written: servers tell `$query` from `%24query`. */
export const withParameter = (path: string, name: string, value: number | undefined): string => {
  if (value === undefined) return path
  const [before, parameters] = parametersOf(path)
  return pathOf(before, [...parameters.filter((each) => nameOf(each) !== name), `${name}=${value}`])
}

/** A next page's path with the parameters of this one's that it does not name. */
export const keepingParameters = (next: string, path: string): string => {
  const [before, named] = parametersOf(next)
  const names = new Set(named.map(nameOf))
  return pathOf(before, [...named, ...parametersOf(path)[1].filter((each) => !names.has(nameOf(each)))])
}
