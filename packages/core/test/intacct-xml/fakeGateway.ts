import { onTestFinished } from "vitest"
import { createSageAuth, intacctXml, type IntacctXmlOptions, type Settings } from "../../src/index.ts"

/** What arrived: the name of its function, and what it was authenticated by. */
export interface Arrived {
  readonly fn: string
  readonly by: "login" | "session"
  readonly body: string
}

/** Answers one request; without an answer it is accepted. */
export type Answering = (arrived: Arrived) => Response | undefined

export const xml = (body: string, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(body, { status, headers: { "content-type": "text/xml", ...headers } })

const control =
  "<control><status>success</status><senderid>s</senderid><controlid>c</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control>"

/** A login that the gateway refuses, in Intacct's words. */
export const signInRefused = (): Response =>
  xml(
    `<response>${control}<operation><authentication><status>failure</status><userid>u</userid><companyid>acme</companyid></authentication><errormessage><error><errorno>XL03000006</errorno><description></description><description2>Sign-in information is incorrect</description2><correction></correction></error></errormessage></operation></response>`
  )

/** An accepted request with what its operation holds beside the authentication. */
export const operation = (inner: string, beside = ""): Response =>
  xml(
    `<response>${control}${beside}<operation><authentication><status>success</status><userid>u</userid><companyid>acme</companyid><locationid></locationid></authentication>${inner}</operation></response>`
  )

/** An `<error>` as Intacct writes it. */
export const errorOf = (errorno: string, description2: string): string =>
  `<error><errorno>${errorno}</errorno><description></description><description2>${description2}</description2><correction></correction></error>`

const start = Date.UTC(2026, 10, 20)

/** The answer to a request that is accepted: a session, or no vendors. */
export const accepted = ({ fn }: Arrived, now: number): Response => {
  const data =
    fn === "getAPISession"
      ? "<data><api><sessionid>session</sessionid><endpoint>https://api.intacct.com/ia/xml/xmlgw.phtml</endpoint></api></data>"
      : '<data listtype="vendor" count="0"></data>'
  const [timestamp, timeout] = [now, now + 60 * 60_000].map((time) => new Date(time).toISOString())
  return xml(
    `<response>${control}<operation><authentication><status>success</status><userid>u</userid><companyid>acme</companyid><locationid></locationid><sessiontimestamp>${timestamp}</sessiontimestamp><sessiontimeout>${timeout}</sessiontimeout></authentication><result><status>success</status><function>${fn}</function><controlid>f</controlid>${data}</result></operation></response>`
  )
}

type LedgerOptions = Partial<Pick<IntacctXmlOptions, "sender" | "entities">>

/** A client whose requests are answered here, by a clock that moves when it is told to. */
export const openLedger = (answering: Answering, options: LedgerOptions = {}, settings: Settings = {}) => {
  const arrived: Array<Arrived> = []
  let now = start
  const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    const body = init?.body as string
    const fn = /<function [^>]*><([\w]+)/.exec(body)?.[1] ?? ""
    const request: Arrived = { fn, by: body.includes("<login>") ? "login" : "session", body }
    arrived.push(request)
    return answering(request) ?? accepted(request, now)
  }
  const sender = { id: "sender", password: "sender password" }
  const login = { companyId: "acme", userId: "gateway", password: "user password" }
  const sage = createSageAuth({
    connections: { ledger: intacctXml({ sender, login, ...options }) },
    fetch,
    clock: { now: () => now },
    retry: {
      transient: { first: 0, times: 3, within: "24 hours" },
      rateLimited: { first: 0, times: 3, within: "24 hours" }
    },
    ...settings
  })
  onTestFinished(() => sage.close())
  return {
    sage,
    ledger: sage.client("ledger"),
    arrived,
    pass: (milliseconds: number) => {
      now += milliseconds
    }
  }
}

/** What a promise is rejected with. */
export const rejectionOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("it was not rejected")
}
