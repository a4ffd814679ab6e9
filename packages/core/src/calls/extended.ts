type HeaderRecord = Readonly<Record<string, string>>

/** Adds headers to those of a credential: one frozen object for each credential, as without them. */
export const extended = (extra: HeaderRecord | undefined): ((headers: HeaderRecord) => HeaderRecord) => {
  if (extra === undefined) return (headers) => headers
  const made = new WeakMap<HeaderRecord, HeaderRecord>()
  return (headers) => {
    const known = made.get(headers)
    if (known !== undefined) return known
    const fresh = Object.freeze({ ...headers, ...extra })
    made.set(headers, fresh)
    return fresh
  }
}
