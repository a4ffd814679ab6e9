import { type ArgumentsHost, Injectable, UseGuards } from "@nestjs/common"
import { ExternalContextCreator } from "@nestjs/core"
import { type BusinessCloudClient, catalogue, SageAuthError } from "@sage-auth/core"
import {
  RequiresSage,
  SAGE,
  type RegisteredSage,
  SageAuthExceptionFilter,
  SageClient,
  SageConnectedGuard,
  SageTenancy
} from "@sage-auth/nest"
import { firstValueFrom, type Observable } from "rxjs"
import { expect, it } from "vitest"
import { openWorld, tenantOf } from "./world.ts"

const hostOf = (type: string) => ({ getType: () => type }) as unknown as ArgumentsHost

it("the exception filter hands GraphQL the error itself, and tells a microservice's client what it means", async () => {
  const { app } = await openWorld()
  const filter = app.get(SageAuthExceptionFilter)
  const error = await app
    .get<RegisteredSage>(SAGE)
    .client("books", { tenant: "acme" })
    .fetch("contacts")
    .then(
      () => undefined,
      (thrown: unknown) => thrown
    )
  expect(error).toBeInstanceOf(SageAuthError)
  const failure = error as SageAuthError
  // oxlint-disable-next-line promise/valid-params -- the method of a filter, and of no promise
  const answerOf = (type: string) => filter.catch(failure, hostOf(type))
  expect(answerOf("graphql")).toBe(failure)
  const answer = answerOf("rpc") as Observable<never>
  await expect(firstValueFrom(answer)).rejects.toEqual({
    status: "error",
    message: catalogue[failure.id]?.meaning,
    code: failure.id
  })
  // the connection and the tenant's state are the operator's
  expect(failure.message).not.toBe(catalogue[failure.id]?.meaning)
})

@Injectable()
class Messages {
  async businesses(@SageClient("books") books: BusinessCloudClient) {
    return { businesses: (await books.businesses()).length }
  }

  @UseGuards(SageConnectedGuard)
  @RequiresSage("books")
  guarded() {
    return { guarded: true }
  }
}

const customParameters = "__routeArguments__"

it.each(["rpc", "ws", "graphql"])(
  "what came with a message of %s is no request: it names no tenant, and who it is for is said by SageTenancy",
  async (type) => {
    const { app, consent } = await openWorld({ providers: [Messages], sage: { tenant: tenantOf } })
    await consent("books", { tenant: "acme" })
    const messages = app.get(Messages)
    const handlerOf = (name: "businesses" | "guarded") =>
      app.get(ExternalContextCreator).create(
        messages,
        messages[name] as (...input: Array<unknown>) => unknown,
        name,
        customParameters,
        // every parameter has a decorator of its own
        { exchangeKeyForValue: () => undefined },
        undefined,
        undefined,
        { guards: true, interceptors: true, filters: false },
        type
      )
    const forged = { headers: { "x-company": "acme" } }
    for (const name of ["businesses", "guarded"] as const) {
      for (const input of [
        [forged, forged],
        [undefined, undefined]
      ]) {
        await expect(handlerOf(name)(...input)).rejects.toMatchObject({ reason: { _tag: "Misconfigured" } })
      }
    }
    const tenancy = app.get(SageTenancy)
    expect(await tenancy.run("acme", () => handlerOf("businesses")(forged))).toEqual({ businesses: 3 })
    expect(await tenancy.run("acme", () => handlerOf("guarded")(forged))).toEqual({ guarded: true })
  }
)
