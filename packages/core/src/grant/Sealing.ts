import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import type { CryptoKey, FlattenedEncrypt, flattenedDecrypt } from "jose"
import type { StoreUnavailable } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { GrantKey } from "./GrantStore.ts"
import { keyBytes, keyIdOf } from "./keys.ts"
import { storeUnavailable } from "./storeUnavailable.ts"

/** A text that cannot be read or changed without the key, as a record keeps it. */
export interface Sealed {
  /** protected header, nonce, ciphertext and tag of a JWE, each in base64url, joined by dots */
  readonly sealed: string
  /** names the key, see `keyIdOf` */
  readonly keyId: string
}

/**
 * Seals texts with AES-256-GCM, as flattened JWEs (RFC 7516, section 7.2.2) under a key that is used directly.
 *
 * What a sealed text belongs to is bound to it as associated data: computed by its reader, and never read from
 * what is stored. So a record that was copied to another tenant, or given another version, does not open. A whole row
 * that somebody puts back with its own version does. If its grant was disconnected, a note of that among the one-time
 * records keeps it from being served. A writer who also deletes that note still wins, see SECURITY.md.
 * The newest key seals; every key opens what it has sealed. A failure to open changes nothing in the store.
 */
export interface Sealing {
  /** names the newest key */
  readonly keyId: string
  /** seals the contents of a grant */
  readonly seal: (key: GrantKey, version: number, plain: string) => Effect.Effect<Sealed>
  /** opens what was sealed for exactly this grant and version */
  readonly open: (
    key: GrantKey,
    version: number,
    sealed: string
  ) => Effect.Effect<string, SageAuthError<StoreUnavailable>>
  /** seals something else, such as a cookie; it opens for the same purpose and the same bound texts only */
  readonly sealFor: (purpose: string, bound: ReadonlyArray<string>, plain: string) => Effect.Effect<string>
  readonly openFor: (
    purpose: string,
    bound: ReadonlyArray<string>,
    sealed: string
  ) => Effect.Effect<string, SageAuthError<StoreUnavailable>>
}

interface Unsealed {
  readonly protected: string
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
}

const partsOf = (sealed: string): Unsealed | undefined => {
  const [header, iv, ciphertext, tag, ...more] = sealed.split(".")
  if (!header || !iv || ciphertext === undefined || !tag || more.length > 0) return undefined
  return { protected: header, iv, ciphertext, tag }
}

/**
 * The key id that a sealed text names; undefined if it does not look like one, so that it can be repeated in an error.
 */
const namedKey = (header: string): string | undefined => {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(header, "base64url").toString())
    const kid = Predicate.hasProperty(parsed, "kid") ? parsed.kid : undefined
    return Predicate.isString(kid) && /^[\w-]{22}$/.test(kid) ? kid : undefined
  } catch {
    return undefined
  }
}

const unknownKey = (what: string, keyId: string, key: GrantKey | undefined) =>
  storeUnavailable({
    key,
    message: `${what} was sealed with the key ${keyId}, which is not among \`keys\``,
    remedy:
      "Put the key with that id back into `keys`, behind the newest one, in every process. Nothing was removed: it opens again with its key.",
    retryable: false
  })

const doesNotOpen = (what: string, key: GrantKey | undefined) =>
  storeUnavailable({
    key,
    message: `${what} does not open: it was changed, or it was sealed for something else`,
    remedy:
      "Restore the record from a backup of the same store, or authorize the connection again. Nothing was removed.",
    retryable: false
  })

const ofGrant = (key: GrantKey, version: number): string =>
  JSON.stringify(["sage-auth", "grant", key.surface, key.connection, key.tenant, version])

const ofPurpose = (purpose: string, bound: ReadonlyArray<string>): string =>
  JSON.stringify(["sage-auth", "purpose", purpose, ...bound])

const theGrant = (key: GrantKey): string => `the grant of ${key.connection} for ${key.tenant}`

const bytes = new TextEncoder()

/** The parts of jose that seal and open: all of it takes three times as long to load. */
interface Jose {
  readonly FlattenedEncrypt: typeof FlattenedEncrypt
  readonly flattenedDecrypt: typeof flattenedDecrypt
}

const loadJose = (): Promise<Jose> => import("./jose.ts")

class JoseSealing implements Sealing {
  readonly keyId: string
  readonly #jose: Jose
  readonly #keys: ReadonlyMap<string, CryptoKey>
  readonly #newest: CryptoKey

  constructor(jose: Jose, keyId: string, newest: CryptoKey, keys: ReadonlyMap<string, CryptoKey>) {
    this.#jose = jose
    this.keyId = keyId
    this.#newest = newest
    this.#keys = keys
  }

  readonly seal = (key: GrantKey, version: number, plain: string): Effect.Effect<Sealed> =>
    Effect.map(this.#seal(ofGrant(key, version), plain), (sealed) => ({ sealed, keyId: this.keyId }))

  readonly open = (key: GrantKey, version: number, sealed: string) =>
    this.#open(ofGrant(key, version), sealed, theGrant(key), key)

  readonly sealFor = (purpose: string, bound: ReadonlyArray<string>, plain: string): Effect.Effect<string> =>
    this.#seal(ofPurpose(purpose, bound), plain)

  readonly openFor = (purpose: string, bound: ReadonlyArray<string>, sealed: string) =>
    this.#open(ofPurpose(purpose, bound), sealed, `the ${purpose}`, undefined)

  #seal(associated: string, plain: string): Effect.Effect<string> {
    return Effect.promise(async () => {
      const jwe = await new this.#jose.FlattenedEncrypt(bytes.encode(plain))
        .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: this.keyId })
        .setAdditionalAuthenticatedData(bytes.encode(associated))
        .encrypt(this.#newest)
      return [jwe.protected, jwe.iv, jwe.ciphertext, jwe.tag].join(".")
    })
  }

  #open(
    associated: string,
    sealed: string,
    what: string,
    key: GrantKey | undefined
  ): Effect.Effect<string, SageAuthError<StoreUnavailable>> {
    return Effect.suspend(() => {
      const parts = partsOf(sealed)
      const keyId = parts && namedKey(parts.protected)
      if (parts === undefined || keyId === undefined) return Effect.fail(doesNotOpen(what, key))
      const secret = this.#keys.get(keyId)
      if (secret === undefined) return Effect.fail(unknownKey(what, keyId, key))
      const jwe = { ...parts, aad: Buffer.from(associated).toString("base64url") }
      return Effect.tryPromise({
        try: async () => {
          const { plaintext } = await this.#jose.flattenedDecrypt(jwe, secret, {
            keyManagementAlgorithms: ["dir"],
            contentEncryptionAlgorithms: ["A256GCM"]
          })
          return new TextDecoder("utf-8", { fatal: true }).decode(plaintext)
        },
        // what jose says is the same for every reason, on purpose
        catch: () => doesNotOpen(what, key)
      })
    })
  }
}

const importKey = async (key: Redacted.Redacted): Promise<[string, CryptoKey]> => [
  keyIdOf(key),
  await crypto.subtle.importKey("raw", keyBytes(key), "AES-GCM", false, ["encrypt", "decrypt"])
]

/**
 * Sealing with these keys, the newest first, as `parseKeys` read them. They become keys that cannot be exported again.
 * `jose` is loaded here, so that no rotation can fail for want of it after it was sent.
 */
export const make = (keys: readonly [Redacted.Redacted, ...Array<Redacted.Redacted>]): Effect.Effect<Sealing> =>
  Effect.promise(async () => {
    const jose = await loadJose()
    const [newest, ...older] = keys
    const [keyId, secret] = await importKey(newest)
    const others = await Promise.all(older.map(importKey))
    return new JoseSealing(jose, keyId, secret, new Map([[keyId, secret], ...others]))
  })

/**
 * For grants in the memory of this process, where the keys were made for it: a seal would lie beside its own key. A
 * text is bound to its grant and version all the same. What leaves the process, such as a cookie, is sealed, and `jose`
 * is loaded for that alone.
 */
export const inMemory = (keys: readonly [Redacted.Redacted, ...Array<Redacted.Redacted>]): Sealing => {
  const keyId = keyIdOf(keys[0])
  let sealing: Sealing | undefined
  const made = Effect.suspend(() =>
    sealing === undefined
      ? Effect.tap(make(keys), (opened) => Effect.sync(() => (sealing = opened)))
      : Effect.succeed(sealing)
  )
  return {
    keyId,
    seal: (key, version, plain) => Effect.sync(() => ({ sealed: `${ofGrant(key, version)}${plain}`, keyId })),
    open: (key, version, sealed) =>
      Effect.suspend(() => {
        const bound = ofGrant(key, version)
        return sealed.startsWith(bound)
          ? Effect.succeed(sealed.slice(bound.length))
          : Effect.fail(doesNotOpen(theGrant(key), key))
      }),
    sealFor: (...asked) => Effect.flatMap(made, (opened) => opened.sealFor(...asked)),
    openFor: (...asked) => Effect.flatMap(made, (opened) => opened.openFor(...asked))
  }
}
