// A file of its own: the reader of nodelocal.js is loaded late, and needs this and no decoder.

/** `company_id`, `companyID` and `companyId` are one name to a reader. */
const fold = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "")

/** Edits between two names, where exchanging two neighbours is one edit: the usual slips of a hand. */
const distance = (a: string, b: string): number => {
  let before: Array<number> = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let edits = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1)
      )
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        edits = Math.min(edits, (before[column - 2] ?? 0) + 1)
      }
      current.push(edits)
    }
    before = previous
    previous = current
  }
  return previous[b.length] ?? 0
}

/** The name that was probably meant, or `undefined` when none is near: a third of its letters at most may differ. */
export const closest = (name: string, known: ReadonlyArray<string>): string | undefined => {
  const written = fold(name).slice(0, 64)
  if (written === "") return undefined
  const near = known
    .map((candidate) => ({ candidate, edits: distance(written, fold(candidate)) }))
    .filter(({ candidate, edits }) => edits <= Math.floor(fold(candidate).length / 3))
    .toSorted((a, b) => a.edits - b.edits)
  return near[0]?.candidate
}
