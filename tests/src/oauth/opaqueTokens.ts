/** What this fetch gives in a token's place, by the token, and back. */
interface Names {
  readonly opaque: (token: string) => string
  readonly own: (text: string) => string
}

const namesOf = (): Names => {
  const tokens = new Map<string, string>()
  return {
    opaque: (token) => {
      const name = `opaque-${tokens.size}`
      tokens.set(name, token)
      return name
    },
    own: (text) => text.replaceAll(/opaque-\d+/g, (name) => tokens.get(name) ?? name)
  }
}

/** Which members of a token endpoint's answer say nothing about themselves. */
export type Opaque = ReadonlyArray<"access_token" | "refresh_token">

/** A fetch in front of a server whose tokens are no JSON web tokens: what the client gets in their place tells nothing. */
export const opaqueTokens = (members: Opaque): typeof globalThis.fetch => {
  const { opaque, own } = namesOf()
  return async (input, init) => {
    const headers = new Headers(init?.headers)
    const authorization = headers.get("authorization")
    if (authorization !== null) headers.set("authorization", own(authorization))
    const body = typeof init?.body === "string" ? own(init.body) : init?.body
    const response = await fetch(input, { ...init, headers, ...(body === undefined ? {} : { body }) })
    const address = input instanceof Request ? input.url : String(input)
    if (!address.endsWith("/token") || !response.ok) return response
    const answer = (await response.json()) as Record<string, unknown>
    for (const member of members) {
      const token = answer[member]
      if (typeof token === "string") answer[member] = opaque(token)
    }
    return new Response(JSON.stringify(answer), {
      status: response.status,
      headers: { "content-type": "application/json" }
    })
  }
}
