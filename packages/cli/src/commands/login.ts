import { isSageAuthError } from "@sage-auth/core"
import { Duration, Effect, Option, Queue, type Scope } from "effect"
import { Command, Flag, type Prompt } from "effect/cli"
import { Application } from "../Application.ts"
import { type AnyClient, clientOf, memberOf } from "../clients.ts"
import type { Opened } from "../configuration.ts"
import { exitStatus, Failure, failureOf } from "../Failure.ts"
import { connection, tenant } from "../flags.ts"
import { type Countdown, countdown } from "../login/paste.ts"
import type { Arrived } from "../login/listen.ts"
import { Output, reported } from "../Output.ts"
import { printable } from "../printable.ts"
import { Surroundings } from "../Surroundings.ts"

const flags = {
  connection,
  tenant,
  noBrowser: Flag.Boolean("no-browser").pipe(
    Flag.withDescription("Print the address to open, for another browser of this machine"),
    Flag.withDefault(false)
  ),
  manual: Flag.Boolean("manual").pipe(
    Flag.withDescription(
      "Listen at no port: paste the address that the browser ended at. For a machine without a browser"
    ),
    Flag.withDefault(false)
  ),
  timeout: Flag.String("timeout").pipe(
    Flag.withMetavar("<time>"),
    Flag.withDescription("How long to wait, such as 90 seconds (default: 10 minutes, which is how long Sage may take)"),
    Flag.withDefault("10 minutes")
  )
}

/** A consent that was begun: where a person goes, and where the answer comes. */
interface Begun {
  readonly client: AnyClient
  readonly sage: Opened["sage"]
  readonly url: string
  readonly cookie: string
  readonly redirect: URL
}

const begin = (client: AnyClient, sage: Opened["sage"]): Effect.Effect<Begun, Failure> =>
  Effect.gen(function* () {
    const authorize = yield* memberOf(client, "authorize")
    const { cookie, url } = yield* Effect.tryPromise({ try: () => authorize({ returnTo: "/" }), catch: failureOf })
    const asked = new URL(url).searchParams.get("redirect_uri")
    if (asked === null || !URL.canParse(asked)) {
      return yield* new Failure({
        message: `The address of ${client.connection} names no redirect_uri: it is not known where the answer comes.`,
        remedy: "Give the connection a redirectUri.",
        status: exitStatus.misconfigured
      })
    }
    return { client, sage, url, cookie, redirect: new URL(asked) }
  })

/** Whether it is over: a callback that names no transaction, or another one, may come from anybody. */
const isOver = (error: unknown): boolean => isSageAuthError(error) && error.authorization?.ended === true

/** So many callbacks that are not the one are told of: a program on this machine could send them without end. */
const mostNotes = 5

/** Takes callbacks until one completes the consent, or ends it. One that names no transaction leaves it waiting. */
const consent = (
  { client, cookie, sage }: Begun,
  next: Effect.Effect<Arrived, unknown, Prompt.Environment>,
  line: Countdown
): Effect.Effect<void, unknown, Output | Prompt.Environment> =>
  Effect.gen(function* () {
    const output = yield* Output
    for (let others = 0; ; ) {
      const { answer, body, url } = yield* next
      const thrown = yield* Effect.promise(() =>
        sage.completeAuthorization({ url, cookie, body, tenant: client.tenant }).then(
          () => undefined,
          (error: unknown) => error
        )
      )
      if (thrown === undefined) return yield* Effect.promise(() => answer("done"))
      const failed = failureOf(thrown)
      if (isOver(thrown)) {
        yield* Effect.promise(() => answer("failed"))
        return yield* failed
      }
      yield* Effect.promise(() => answer("waiting"))
      if (others++ < mostNotes) {
        yield* line.clear
        yield* output.note(
          `${output.paint("yellow", "still waiting")}  This was not the answer: ${printable(`${failed.message} ${failed.remedy ?? ""}`.trimEnd())}`
        )
      }
    }
  })

/** The address to open, for a person or a script. */
const showAddress = ({ redirect, url }: Begun, output: Output["Service"]): Effect.Effect<void> =>
  output.json
    ? output.answer({ data: { state: "waiting", url, redirectUri: redirect.href }, text: "" })
    : output.note(`Open this address in a browser:\n\n${url}\n`)

/** Catches the answer at the redirect address, which is one of this machine. */
const caught = (
  begun: Begun,
  addresses: ReadonlyArray<string>,
  line: Countdown,
  browser: boolean
): Effect.Effect<void, unknown, Output | Prompt.Environment | Scope.Scope> =>
  Effect.gen(function* () {
    const output = yield* Output
    const { environment } = yield* Surroundings
    const { redirect, url } = begun
    const host = redirect.hostname.replace(/^\[|\]$/g, "")
    const { listen } = yield* Effect.promise(() => import("../login/listen.ts"))
    const certificate =
      redirect.protocol === "https:"
        ? yield* Effect.promise(async () => (await import("../login/listen.ts")).makeCertificate(host))
        : undefined
    const arrivals = yield* listen(redirect, addresses, certificate)
    if (certificate !== undefined) {
      yield* output.note(
        `The answer comes by https to this machine, with a certificate that was made for it now. The browser warns of it:\ngo on if its SHA-256 fingerprint is ${certificate.fingerprint}`
      )
    }
    const open = Effect.gen(function* () {
      const { openBrowser } = yield* Effect.promise(() => import("../login/openBrowser.ts"))
      if (yield* openBrowser(url, environment)) return
      yield* line.clear
      yield* output.note(output.paint("yellow", "No browser could be opened."))
      yield* showAddress(begun, output)
    })
    if (browser) {
      yield* output.note(`Sign in to Sage in the browser. The answer is awaited at ${redirect.origin}.`)
      yield* Effect.forkScoped(open)
    } else {
      yield* showAddress(begun, output)
    }
    yield* consent(begun, Queue.take(arrivals), line)
  })

/** Takes the answer from the person, who pastes where the browser ended. */
const pasted = (
  begun: Begun,
  line: Countdown,
  why: string | undefined
): Effect.Effect<void, unknown, Output | Prompt.Environment | Scope.Scope> =>
  Effect.gen(function* () {
    const output = yield* Output
    const { pastes, receivedOf } = yield* Effect.promise(() => import("../login/paste.ts"))
    if (why !== undefined) yield* output.note(why)
    yield* showAddress(begun, output)
    yield* output.note(
      begun.client.surface === "x3-gateway"
        ? "The gateway posts its answer. Paste what it posted (authorizationCode=…&state=…), or the address if it came in one."
        : "The browser ends at an address that may not open. Paste the whole of it: it holds the answer."
    )
    const paste = yield* pastes(output.terminal)
    const next = Effect.map(paste, (text): Arrived => ({ ...receivedOf(text), answer: () => Promise.resolve() }))
    yield* consent(begun, next, line)
  })

/** `sage-auth login`: a person consents, and the grant is kept. */
export const login = Command.make("login", flags, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const client = yield* clientOf(input.connection, input.tenant)
    const { sage } = yield* (yield* Application).opened
    const limit = Option.getOrUndefined(Duration.fromInput(input.timeout as Duration.Input))
    if (limit === undefined || !Duration.isFinite(limit) || Duration.toMillis(limit) <= 0) {
      return yield* new Failure({
        message: "--timeout is no time.",
        remedy: 'Write it as a number and a unit, such as --timeout "90 seconds".',
        status: exitStatus.usage
      })
    }
    if (!sage.connections[client.connection]?.interactive) {
      return yield* new Failure({
        message: `Connection ${client.connection} (${client.surface}) needs no consent: it signs in with what is configured.`,
        remedy: `Run \`sage-auth refresh ${client.connection}\` to try it, or \`sage-auth request ${client.connection}\` to call the API.`,
        status: exitStatus.usage
      })
    }
    const { durable } = yield* Effect.tryPromise({ try: () => sage.grants({ limit: 1 }), catch: failureOf })
    if (!durable) {
      yield* output.note(
        `${output.paint("yellow", "warning")}  The store is memory: what you allow now ends with this command. Configure a store, such as store: "sqlite:.sage-auth/grants.db", and keys.`
      )
    }
    const line = countdown(output.terminal.animate)
    const begun = yield* begin(client, sage)
    const { loopbackAddresses } = yield* Effect.promise(() => import("../login/listen.ts"))
    const addresses = input.manual ? [] : yield* Effect.promise(() => loopbackAddresses(begun.redirect))
    const answered =
      addresses.length > 0
        ? Effect.raceFirst(
            caught(begun, addresses, line, !input.noBrowser),
            line.run(`Waiting for the answer at ${begun.redirect.origin}`, limit)
          )
        : pasted(
            begun,
            line,
            input.manual
              ? undefined
              : `The redirectUri of ${client.connection} is not an address of this machine, so its answer cannot be caught here.`
          )
    yield* answered.pipe(
      Effect.scoped,
      Effect.timeoutOrElse({
        duration: limit,
        orElse: () =>
          Effect.fail(
            new Failure({
              message: `No answer came within ${Duration.format(limit)}.`,
              remedy: "Run the command again, and sign in at Sage meanwhile. --no-browser prints the address to open.",
              status: exitStatus.signIn
            })
          )
      })
    )
    const { credentialExpiresAt, grantExpiresAt, state } = yield* Effect.tryPromise({
      try: () => client.status(),
      catch: failureOf
    })
    const until = grantExpiresAt === undefined ? "" : `, until ${grantExpiresAt.toISOString()} if it is not used`
    yield* output.answer({
      data: {
        connection: client.connection,
        tenant: client.tenant,
        state,
        credentialExpiresAt,
        grantExpiresAt,
        durable
      },
      text:
        state === "pairing"
          ? `${client.connection} is being paired for ${client.tenant}: a user of the customer's X3 has to accept it. \`sage-auth status ${client.connection}\` says when that is done.`
          : `${client.connection} is signed in for ${client.tenant}${until}.`
    })
  }).pipe(reported)
).pipe(
  Command.withDescription("Sign in: a person consents in a browser, and the grant is kept in the store"),
  Command.withExamples([
    { command: "sage-auth login books" },
    { command: "sage-auth login payables --tenant acme --no-browser", description: "With a browser of your choice" },
    { command: "sage-auth login payables --manual", description: "On a machine without a browser" }
  ])
)
