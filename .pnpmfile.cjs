/** Published packages have no sources: the condition under which the workspace finds them leaves with them. */
const withoutSources = (value) => {
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) =>
      name === "@sage-auth/source" ? [] : [[name, withoutSources(each)]]
    )
  )
}

module.exports = {
  hooks: {
    beforePacking: (manifest) => ({
      ...manifest,
      exports: withoutSources(manifest.exports),
      ...(manifest.imports === undefined ? {} : { imports: withoutSources(manifest.imports) })
    })
  }
}
