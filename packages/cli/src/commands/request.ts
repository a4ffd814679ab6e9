import type { XmlFunction } from "@sage-auth/core"
import { Effect, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { type AnyClient, clientOf, memberOf } from "../clients.ts"
import { exitStatus, Failure, failureOf, usage } from "../Failure.ts"
import { connection, optionalText, repeatedText, tenant } from "../flags.ts"
import { standardInput, textOfFile } from "../input.ts"
import { Output, reported } from "../Output.ts"
import { printable } from "../printable.ts"

const flags = {
  connection,
  words: Argument.String("method-and-path").pipe(
    Argument.withDescription(
      "A method and a path from the base address of the surface; a path alone is GET, or POST with --data. None for intacct-xml, whose functions come by --data"
    ),
    Argument.variadic({ max: 2 })
  ),
  data: optionalText(
    "data",
    "<text|@file|->",
    "The body, @ and the name of a file with it, or - for standard input",
    "d"
  ),
  header: repeatedText("header", "<name: value>", "A header; may be repeated", "H"),
  entity: optionalText("entity", "<id>", "The Intacct entity of this request"),
  business: optionalText("business", "<id>", "The business of this request, at Business Cloud Accounting"),
  all: Flag.Boolean("all").pipe(
    Flag.withDescription("Read a list to its end: one JSON array with --json, a line for each record without"),
    Flag.withDefault(false)
  ),
  pageSize: Flag.Int("page-size").pipe(
    Flag.withMetavar("<records>"),
    Flag.withDescription("With --all: how many records a page has"),
    Flag.optional
  ),
  include: Flag.Boolean("include").pipe(
    Flag.withAlias("i"),
    Flag.withDescription("Print status and headers too, on standard error"),
    Flag.withDefault(false)
  ),
  tenant
}

const bodyOf = (data: string): Effect.Effect<string, Failure> => {
  if (data === "-") return standardInput
  return data.startsWith("@") ? textOfFile(data.slice(1), "--data") : Effect.succeed(data)
}

/** The client of one entity or business, where one is named. */
const narrowed = (
  client: AnyClient,
  input: { readonly entity: Option.Option<string>; readonly business: Option.Option<string> }
) =>
  Effect.gen(function* () {
    let narrow = client
    if (Option.isSome(input.entity)) {
      const { value } = input.entity
      const of = yield* memberOf(narrow, "entity")
      narrow = yield* Effect.try({ try: () => of(value), catch: failureOf })
    }
    if (Option.isSome(input.business)) {
      const { value } = input.business
      const of = yield* memberOf(narrow, "business")
      narrow = yield* Effect.try({ try: () => of(value), catch: failureOf })
    }
    return narrow
  })

/** Functions of Intacct's XML API: an object such as `{ "readByQuery": { … } }`, or a list of them. */
const functionsOf = (body: string): ReadonlyArray<XmlFunction> => {
  const parsed = JSON.parse(body) as XmlFunction | ReadonlyArray<XmlFunction>
  return Array.isArray(parsed) ? (parsed as ReadonlyArray<XmlFunction>) : [parsed as XmlFunction]
}

const listExample = `sage-auth request ledger --all -d '{"readByQuery": {"object": "VENDOR", "fields": "*", "query": ""}}'`

/** What `records` of a client is given for the list that was asked for. */
const listOf = (
  client: AnyClient,
  words: ReadonlyArray<string>,
  body: string | undefined
): Effect.Effect<ReadonlyArray<unknown>, Failure> =>
  Effect.gen(function* () {
    const json =
      body === undefined
        ? undefined
        : yield* Effect.try({
            try: () => JSON.parse(body) as unknown,
            catch: () => usage("What --data has is not JSON.", "Write the function, the query or the document as JSON.")
          })
    const [first, second] = words
    const path = second ?? first
    switch (client.surface) {
      case "intacct-xml": {
        const functions = Array.isArray(json) ? (json as ReadonlyArray<unknown>) : [json]
        if (json === undefined || words.length > 0 || functions.length !== 1) {
          return yield* usage("A list of Intacct's XML API is one function, and has no path.", `Write ${listExample}.`)
        }
        return functions
      }
      case "x3-graphql": {
        const { query, variables } = (json ?? {}) as { readonly query?: unknown; readonly variables?: unknown }
        if (typeof query !== "string" || words.length > 0) {
          return yield* usage(
            "A list of X3's GraphQL API is a document, and has no path.",
            `Give it by --data '{"query": "query ($after: String) { … }"}', with the variable $after.`
          )
        }
        return [query, variables]
      }
      default: {
        if (path === undefined) return yield* usage("The path is missing.", "Write it behind the connection.")
        const method = second === undefined ? (json === undefined ? "GET" : undefined) : first?.toUpperCase()
        if (method === "GET" && json === undefined) return [path]
        if (method === "POST" && json !== undefined && client.surface === "intacct-rest" && isQuery(path)) return [json]
        return yield* usage(
          `A list is read by GET: --all takes no ${second !== undefined && method !== "GET" ? first : "--data"} here.`,
          "Only a query of Intacct's REST API is posted: `POST services/core/query --data …`."
        )
      }
    }
  })

const isQuery = (path: string): boolean => /^\/*services\/core\/query\/?$/.test(path)

/** `sage-auth request`: one call with the right credential. */
export const request = Command.make("request", flags, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const client = yield* narrowed(yield* clientOf(input.connection, input.tenant), input)
    const data = Option.getOrUndefined(input.data)
    const body = data === undefined ? undefined : yield* bodyOf(data)
    const pageSize = Option.getOrUndefined(input.pageSize)
    if (pageSize !== undefined && (!input.all || pageSize < 1)) {
      return yield* usage(
        input.all ? "--page-size is less than one record." : "--page-size is of lists that are read to their end.",
        input.all ? "Give a whole number from 1." : "Add --all, or put the size into the path."
      )
    }
    if (input.all) {
      if (input.header.length > 0 || input.include) {
        const flag = input.header.length > 0 ? "--header" : "--include"
        return yield* usage(
          `--all takes no ${flag}.`,
          "Leave it out: several requests are sent, and their answers are read."
        )
      }
      const records = yield* memberOf(client, "records")
      const list = yield* listOf(client, input.words, body)
      const opened = yield* Effect.try({ try: () => records(...list, { pageSize }), catch: failureOf })
      return yield* output.list(Stream.fromAsyncIterable(opened, failureOf))
    }
    if (client.surface === "intacct-xml") {
      const execute = yield* memberOf(client, "execute")
      if (body === undefined || input.words.length > 0) {
        return yield* usage(
          "Calls to Intacct's XML API are functions, and have no path.",
          `Give them as JSON, such as --data '{"readByQuery": {"object": "VENDOR", "fields": "*", "query": "", "pagesize": 100}}'.`
        )
      }
      if (input.header.length > 0 || input.include) {
        return yield* usage(
          `Calls to Intacct's XML API take no ${input.header.length > 0 ? "--header" : "--include"}.`,
          "Leave it out: one request may carry several functions, and its answer is read."
        )
      }
      const functions = yield* Effect.try({
        try: () => functionsOf(body),
        catch: () =>
          usage(
            "The functions are not JSON.",
            `Write an object such as {"inspect": {"object": "VENDOR"}}, or a list of them.`
          )
      })
      const results = yield* Effect.tryPromise({ try: () => execute(functions), catch: failureOf })
      const found = results.map((result) => result.data())
      return yield* output.answer({ data: found, text: printable(JSON.stringify(found, null, 2)) })
    }
    const [first, second] = input.words
    const path = second ?? first
    if (path === undefined)
      return yield* usage(
        "The path is missing.",
        "Write it behind the connection, such as `sage-auth request books contacts`."
      )
    const method =
      second === undefined || first === undefined ? (body === undefined ? "GET" : "POST") : first.toUpperCase()
    const send = yield* memberOf(client, "fetch")
    const headers = new Headers()
    for (const each of input.header) {
      const at = each.indexOf(":")
      if (at < 1)
        return yield* usage("A header has no name.", 'Write name and value, such as --header "accept-language: en".')
      yield* Effect.try({
        try: () => headers.append(each.slice(0, at).trim(), each.slice(at + 1).trim()),
        catch: () => usage("A header cannot be sent.", "Leave control characters out of its name and value.")
      })
    }
    // what most of Sage's APIs want, and what curl would not guess
    if (body !== undefined && !headers.has("content-type") && /^\s*[[{]/.test(body))
      headers.set("content-type", "application/json")
    const answer = yield* Effect.tryPromise({
      try: () => send(path, body === undefined ? { method, headers } : { method, headers, body }),
      catch: failureOf
    })
    const text = yield* Effect.tryPromise({ try: () => answer.text(), catch: failureOf })
    if (input.include) {
      const lines = [...answer.headers].map(([name, value]) => `${name}: ${value}`)
      yield* output.note(printable([`HTTP ${answer.status} ${answer.statusText}`.trimEnd(), ...lines, ""].join("\n")))
    }
    const json = parsed(text)
    yield* output.answer({
      data: { status: answer.status, headers: Object.fromEntries(answer.headers), body: json ?? text },
      text: printable(json === undefined || !output.terminal.animate ? text : JSON.stringify(json, null, 2))
    })
    if (!answer.ok) {
      return yield* new Failure({
        message: `The server answered with status ${answer.status}.`,
        remedy: "Its answer says why. `sage-auth explain` says what an error of Sage's means, and what helps.",
        status: exitStatus.failed
      })
    }
  }).pipe(reported)
).pipe(
  Command.withDescription("Call an API of Sage's with the right credential, inside of its pool and meter"),
  Command.withExamples([
    { command: "sage-auth request books contacts" },
    { command: `sage-auth request vendors POST objects/accounts-payable/vendor -d '{"id":"V1","name":"Acme"}'` },
    {
      command: `sage-auth request ledger -d '{"inspect":{"object":"VENDOR"}}'`,
      description: "Intacct's XML API takes functions"
    },
    { command: "sage-auth request vendors objects/company-config/entity --entity E1 -i" },
    { command: "sage-auth request books contacts --all --json", description: "Every page of a list, as one array" }
  ])
)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
