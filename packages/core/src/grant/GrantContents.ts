import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { builtin } from "../config/builtin.ts"
import * as Decoder from "../config/decoder.ts"
import { type CatalogueId, isCatalogueId } from "../errors/catalogue.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import type { Reason, ReauthorizationRequired, StoreUnavailable } from "../errors/Reason.ts"
import { tokenMargin } from "../oauth2/Token.ts"

/** A credential as it is kept beside its grant. */
const StoredCredentialSchema = Decoder.Struct({
  /** names it across processes */
  id: Decoder.String,
  accessToken: Decoder.String,
  /** how long it lives from its arrival, in milliseconds; null where that is unknown */
  lifetime: Decoder.NullOr(Decoder.Finite),
  /** how old it was when the record was sealed, in milliseconds: with the row's age, its age now by no host's clock */
  age: Decoder.Finite,
  /** what the surface wants to remember of it */
  extras: Decoder.Record(Decoder.String)
})

/** A consent whose code is not exchanged yet, as it is kept beside the grant. */
const PairingSchema = Decoder.Struct({
  id: Decoder.String,
  code: Decoder.String,
  /** null: the code is not bound by RFC 7636 */
  verifier: Decoder.NullOr(Decoder.String),
  redirectUri: Decoder.String,
  extras: Decoder.Record(Decoder.String),
  attempts: Decoder.Finite,
  /** null: it is not tried again unless asked for */
  retryAt: Decoder.NullOr(Decoder.Finite),
  /** see `Pairing` */
  issuedFor: Decoder.optionalKey(Decoder.String)
})

/** How a grant ended, as it is kept beside it. */
const EndedSchema = Decoder.Struct({
  id: Decoder.String,
  code: Decoder.NullOr(Decoder.String),
  supportId: Decoder.NullOr(Decoder.String),
  said: Decoder.NullOr(Decoder.String)
})

const ContentsSchema = Decoder.Struct({
  format: Decoder.Literal(1),
  /** null: a grant that cannot be refreshed */
  refreshToken: Decoder.NullOr(Decoder.String),
  /** by context: `""` for the grant's own, an entity's id for an entity */
  credentials: Decoder.Record(StoredCredentialSchema),
  /** what the surface wants to remember of the grant */
  extras: Decoder.Record(Decoder.String),
  pairing: Decoder.optionalKey(PairingSchema),
  /** the ids of pairings, the newest last */
  begun: Decoder.optionalKey(Decoder.Array(Decoder.String)),
  ended: Decoder.optionalKey(EndedSchema),
  /** see `GrantContents` */
  lineage: Decoder.optionalKey(Decoder.String),
  /** see `GrantContents` */
  consent: Decoder.optionalKey(Decoder.String),
  /** see `GrantContents` */
  issuedFor: Decoder.optionalKey(Decoder.String),
  /** see `GrantContents` */
  refreshTokenAge: Decoder.optionalKey(Decoder.Finite)
})

/** A credential of a grant, as it was when its record was sealed. */
export interface StoredCredential {
  readonly id: string
  readonly accessToken: Redacted.Redacted
  /** how long it lives from its arrival, in milliseconds */
  readonly lifetime: number | undefined
  /** how old it was when the record was sealed, in milliseconds */
  readonly age: number
  readonly extras: Readonly<Record<string, string>>
}

/**
 * A consent whose code waits to be exchanged: at X3's gateway until somebody on the other side accepts it. It is in the
 * store before its code is sent, and stays there until there is an answer that says how it ended.
 */
export interface Pairing {
  /**
   * Where its transaction is in the store, until a callback uses it up. It names the pairing: what is written about it
   * later speaks of this one and of no newer one.
   */
  readonly id: string
  readonly code: Redacted.Redacted
  /** the verifier that goes with the code, where RFC 7636 is spoken */
  readonly verifier: Redacted.Redacted | undefined
  readonly redirectUri: string
  /** what its callback brought for the grant */
  readonly extras: Readonly<Record<string, string>>
  /** how often the exchange was tried */
  readonly attempts: number
  /** not before then, in milliseconds since the epoch by the store's clock; undefined: when somebody asks */
  readonly retryAt: number | undefined
  /** as `GrantContents` has it, of the code */
  readonly issuedFor?: string | undefined
}

/** What the server said when it refused a grant for good. Later callers are told the same. */
export interface Ended {
  /** the entry of the error catalogue */
  readonly id: CatalogueId
  readonly code: string | undefined
  readonly supportId: string | undefined
  /** the server's words, masked, or the meaning of the entry */
  readonly description: string | undefined
}

/** What is sealed: the long-lived secret of a grant, and the credentials that were last made of it. */
export interface GrantContents {
  readonly refreshToken: Redacted.Redacted | undefined
  readonly credentials: Readonly<Record<string, StoredCredential>>
  readonly extras: Readonly<Record<string, string>>
  /** a newer consent under way, beside the grant that works until then, if there is one */
  readonly pairing?: Pairing | undefined
  /** the pairings that were begun here, by their ids: the callback of one of them begins no other one */
  readonly begun?: ReadonlyArray<string> | undefined
  /** of a grant that is dead, where the server said so */
  readonly ended?: Ended | undefined
  /**
   * Names the grant from its first record to its disconnection, over rotations and further consents. It is sealed, so
   * that a writer of the store can neither know nor change it. Records from before it was kept have none.
   */
  readonly lineage?: string | undefined
  /** names the callback that brought the grant, over rotations, until another consent takes its place */
  readonly consent?: string | undefined
  /**
   * A digest of what the tokens were issued for, secrets left out: the client, its server, the user. Where something
   * else is configured now, they count for nothing. Records from before it was kept have none, and count.
   */
  readonly issuedFor?: string | undefined
  /**
   * How old the refresh token was when the record was sealed, in milliseconds: with the row's age, its age now by no
   * host's clock. Records from before it was kept have none.
   */
  readonly refreshTokenAge?: number | undefined
}

const noToken = Redacted.make("")

/** The same without the access tokens: what is known about them stays. */
export const withoutTokens = (contents: GrantContents): GrantContents => ({
  ...contents,
  credentials: Object.fromEntries(
    Object.entries(contents.credentials).map(([context, known]) => [context, { ...known, accessToken: noToken }])
  )
})

/** A credential whose access token is kept beside it; undefined where only what is known about it is. */
export const withToken = (credential: StoredCredential | undefined): StoredCredential | undefined =>
  credential === undefined || Redacted.value(credential.accessToken) === "" ? undefined : credential

/** A grant of which nothing was received yet. */
export const empty: GrantContents = { refreshToken: undefined, credentials: {}, extras: {} }

/** The text that is sealed. */
export const encode = (contents: GrantContents): string =>
  JSON.stringify({
    format: 1,
    refreshToken: contents.refreshToken === undefined ? null : Redacted.value(contents.refreshToken),
    credentials: Object.fromEntries(
      Object.entries(contents.credentials).map(([context, { accessToken, age, extras, id, lifetime }]) => [
        context,
        { id, accessToken: Redacted.value(accessToken), lifetime: lifetime ?? null, age, extras }
      ])
    ),
    extras: contents.extras,
    ...(contents.begun === undefined ? {} : { begun: contents.begun }),
    ...(contents.lineage === undefined ? {} : { lineage: contents.lineage }),
    ...(contents.consent === undefined ? {} : { consent: contents.consent }),
    ...(contents.issuedFor === undefined ? {} : { issuedFor: contents.issuedFor }),
    ...(contents.refreshTokenAge === undefined ? {} : { refreshTokenAge: contents.refreshTokenAge }),
    ...(contents.ended === undefined
      ? {}
      : {
          ended: {
            id: contents.ended.id,
            code: contents.ended.code ?? null,
            supportId: contents.ended.supportId ?? null,
            said: contents.ended.description ?? null
          }
        }),
    ...(contents.pairing === undefined ? {} : { pairing: encodedPairing(contents.pairing) })
  } satisfies typeof ContentsSchema.Type)

const encodedPairing = ({ code, issuedFor, retryAt, verifier, ...rest }: Pairing): typeof PairingSchema.Type => ({
  ...rest,
  code: Redacted.value(code),
  verifier: verifier === undefined ? null : Redacted.value(verifier),
  retryAt: retryAt ?? null,
  ...(issuedFor === undefined ? {} : { issuedFor })
})

/** Reads what was sealed; fails without saying what it read. */
export const decode = (text: string): Effect.Effect<GrantContents, "unreadable"> =>
  Effect.suspend(() => {
    const read = Decoder.readJson(ContentsSchema, text)
    return read === undefined ? Effect.fail("unreadable" as const) : Effect.succeed(read)
  }).pipe(
    Effect.map(
      ({
        begun,
        consent,
        credentials,
        ended,
        extras,
        issuedFor,
        lineage,
        pairing,
        refreshToken,
        refreshTokenAge
      }): GrantContents => ({
        refreshToken: refreshToken === null ? undefined : Redacted.make(refreshToken, { label: "refresh token" }),
        credentials: Object.fromEntries(
          Object.entries(credentials).map(([context, stored]) => [
            context,
            {
              ...stored,
              accessToken: Redacted.make(stored.accessToken, { label: "access token" }),
              lifetime: stored.lifetime ?? undefined
            }
          ])
        ),
        extras,
        begun,
        lineage,
        consent,
        issuedFor,
        refreshTokenAge,
        ended: endedOf(ended),
        pairing:
          pairing === undefined
            ? undefined
            : {
                ...pairing,
                code: Redacted.make(pairing.code, { label: "authorization code" }),
                verifier:
                  pairing.verifier === null ? undefined : Redacted.make(pairing.verifier, { label: "code verifier" }),
                retryAt: pairing.retryAt ?? undefined
              }
      })
    )
  )

const endedOf = (ended: typeof ContentsSchema.Type.ended): Ended | undefined =>
  // another version's catalogue may have an entry that this one has not
  ended === undefined || !isCatalogueId(ended.id)
    ? undefined
    : {
        id: ended.id,
        code: ended.code ?? undefined,
        supportId: ended.supportId ?? undefined,
        description: ended.said ?? undefined
      }

/** What arrived from a token endpoint, as far as a grant is concerned. */
export interface ReceivedTokens {
  readonly accessToken: Redacted.Redacted
  /** undefined: the server gave none, and the one in hand stays */
  readonly refreshToken: Redacted.Redacted | undefined
  /** milliseconds from now */
  readonly lifetime: number | undefined
  /** how long the refresh token lives, in milliseconds from now; undefined where that is unknown */
  readonly grantLifetime: number | undefined
  readonly extras?: Readonly<Record<string, string>> | undefined
  readonly grantExtras?: Readonly<Record<string, string>> | undefined
  /** why its access token cannot be used, where it is for something else than what was asked for */
  readonly unusable?: SageAuthError | undefined
  /** see `GrantContents`; undefined: what the grant from before was issued for */
  readonly issuedFor?: string | undefined
}

/** A credential that arrived just now. */
export const arrived = (received: ReceivedTokens): StoredCredential => ({
  id: builtin("node:crypto").randomUUID(),
  accessToken: received.accessToken,
  lifetime: received.lifetime,
  age: 0,
  extras: received.extras ?? {}
})

/** The same contents, sealed again: every token is that much older than when it was sealed before. */
export const aged = (contents: GrantContents, rowAge: number): GrantContents => ({
  ...contents,
  refreshTokenAge: contents.refreshTokenAge === undefined ? undefined : contents.refreshTokenAge + rowAge,
  credentials: Object.fromEntries(
    Object.entries(contents.credentials).map(([name, stored]) => [name, { ...stored, age: stored.age + rowAge }])
  )
})

/** The contents after a rotation in that context; every other token is that much older than when it was sealed. */
export const rotated = (
  contents: GrantContents,
  context: string,
  received: ReceivedTokens,
  credential: StoredCredential,
  rowAge: number
): GrantContents => ({
  // RFC 6749, section 6: an answer without a refresh token leaves the old one in force
  refreshToken: received.refreshToken ?? contents.refreshToken,
  refreshTokenAge: received.refreshToken === undefined ? aged(contents, rowAge).refreshTokenAge : credential.age,
  credentials: {
    ...aged(contents, rowAge).credentials,
    ...(received.unusable === undefined ? { [context]: credential } : {})
  },
  extras: { ...contents.extras, ...received.grantExtras },
  pairing: contents.pairing,
  begun: contents.begun,
  lineage: contents.lineage,
  consent: contents.consent,
  issuedFor: received.issuedFor ?? contents.issuedFor
})

/** How many pairings a grant remembers: far more than can be under way at once. */
const mostBegun = 10

/** The contents with a pairing that begins. */
export const withPairing = (contents: GrantContents, pairing: Pairing): GrantContents => ({
  ...contents,
  pairing,
  begun: [...(contents.begun ?? []), pairing.id].slice(-mostBegun)
})

/** Names what tokens are issued for, in the same length whatever that is: SHA-256, base64url. */
export const nameOfIssue = (parts: ReadonlyArray<string | undefined>): string =>
  builtin("node:crypto")
    .createHash("sha256")
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest("base64url")

/** Names a refresh token without showing it: SHA-256, base64url. */
export const hashOf = (refreshToken: Redacted.Redacted): string =>
  builtin("node:crypto").createHash("sha256").update(Redacted.value(refreshToken)).digest("base64url")

/** A credential of a grant, and how old it is. */
export interface AgedCredential {
  readonly credential: StoredCredential
  /** milliseconds since it arrived, by the store's clock */
  readonly age: number
  readonly contents: GrantContents
}

/** Which credential is to be renewed, and which one it replaces. */
export interface GrantRenewal {
  readonly tenant: string
  /** `""`: the grant's own; else the id of an entity */
  readonly context: string
  /** the credential that cannot be used any longer; any other fresh one that is found is taken instead */
  readonly replaces: string | undefined
  /** it was rejected, so that what is left of its life counts for nothing */
  readonly rejected: boolean
  /**
   * Rotate even if the store has a credential that is worth taking: `always`, because somebody asked; `due`, unless
   * somebody else has renewed the grant since it was found due.
   */
  readonly force?: "always" | "due" | undefined
}

type Failures = ReauthorizationRequired | StoreUnavailable
/** What a renewal fails with: the reasons of its surface, and those of every grant. */
export type RenewalFailure<Rs extends Reason> = SageAuthError<Rs | Failures>

/** A credential with less than this left, in milliseconds, is not worth taking. */
export const worthTaking = 1_000

/** How long a credential still lives, in milliseconds. */
export const left = (credential: StoredCredential, rowAge: number): number =>
  (credential.lifetime ?? Number.POSITIVE_INFINITY) - credential.age - rowAge

/** A credential in the store that is another one than the one to be replaced, and worth taking. */
export const fresh = (
  contents: GrantContents,
  rowAge: number,
  { context, replaces }: GrantRenewal
): AgedCredential | undefined => {
  const credential = withToken(contents.credentials[context])
  if (credential === undefined || credential.id === replaces) return undefined
  // what is within its margin would be renewed at once
  const margin = credential.lifetime === undefined ? 0 : tokenMargin(credential.lifetime)
  if (left(credential, rowAge) <= Math.max(worthTaking, margin)) return undefined
  return { credential, age: credential.age + rowAge, contents }
}
