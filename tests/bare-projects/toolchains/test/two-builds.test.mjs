// One process with both builds of each package: the ES modules, and what is there for `require`. Node itself loads one of
// each, since `module-sync` gives `require` the ES modules; Jest with some modules native, a bundle beside what is left
// out of it, or a loader of somebody's own can bring both together. What one makes, the other has to know.
import "reflect-metadata"
import assert from "node:assert/strict"
import { once } from "node:events"
import { createRequire, registerHooks } from "node:module"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { pathToFileURL } from "node:url"
import { Controller, Get, Injectable, Module, UseGuards } from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import { Test } from "@nestjs/testing"
import * as coreModules from "@sage-auth/core"
import * as expressModules from "@sage-auth/express"
import * as nestModules from "@sage-auth/nest"
import * as nestTestingModules from "@sage-auth/nest/testing"
import { startSandbox } from "@sage-auth/sandbox"
import express from "express"

const require = createRequire(import.meta.url)

// as Jest and bundlers find what is required: by `require`, and not by `module-sync`
registerHooks({
  resolve: (specifier, context, next) => {
    const [, name, entry = "index"] = /^@sage-auth\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? []
    if (name === undefined || !context.conditions.includes("require")) return next(specifier, context)
    const file = join(import.meta.dirname, "../node_modules/@sage-auth", name, "dist", `${entry}.cjs`)
    return { url: pathToFileURL(file).href, format: "commonjs", shortCircuit: true }
  }
})

const builds = {
  modules: { core: coreModules, express: expressModules, nest: nestModules, nestTesting: nestTestingModules },
  required: {
    core: require("@sage-auth/core"),
    express: require("@sage-auth/express"),
    nest: require("@sage-auth/nest"),
    nestTesting: require("@sage-auth/nest/testing")
  }
}

const sandbox = await startSandbox()
after(() => sandbox.stop())

const listen = async (app) => {
  const server = app.listen(0, "127.0.0.1")
  await once(server, "listening")
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

/** A connection of one build, which anybody may use. */
const vendorsOf = ({ intacctRest }) => {
  const { client, user } = sandbox.accounts["intacct-rest"]
  return intacctRest.clientCredentials({
    clientId: client.clientId,
    clientSecret: client.clientSecret,
    username: user.username,
    environment: "sandbox",
    urls: sandbox.urls["intacct-rest"]
  })
}

/** A connection of one build, which a human consents to. */
const booksOf = ({ businessCloud }) => {
  const { clientId, clientSecret } = sandbox.accounts["business-cloud"].client
  return businessCloud({
    clientId,
    clientSecret,
    redirectUri: "https://app.example/sage/callback/books",
    environment: "sandbox",
    urls: sandbox.urls["business-cloud"]
  })
}

const path = "objects/accounts-payable/vendor"

it("are two builds", () => {
  for (const name of ["core", "express", "nest", "nestTesting"]) {
    assert.notEqual(builds.modules[name], builds.required[name])
  }
  assert.notEqual(builds.modules.core.createSageAuth, builds.required.core.createSageAuth)
  assert.notEqual(builds.modules.nest.SageAuthModule, builds.required.nest.SageAuthModule)
})

for (const [one, other] of [
  ["modules", "required"],
  ["required", "modules"]
]) {
  const own = builds[one]
  const foreign = builds[other]

  describe(`${one} with ${other}`, () => {
    it("uses the other's connections, and throws errors that the other knows", async () => {
      const sage = own.core.createSageAuth({
        connections: { vendors: vendorsOf(foreign.core), books: booksOf(foreign.core) }
      })
      try {
        assert.equal((await sage.client("vendors").fetch(path)).status, 200)
        const thrown = await sage
          .client("books")
          .fetch("contacts")
          .catch((error) => error)
        assert.ok(foreign.core.isSageAuthError(thrown))
        assert.ok(thrown instanceof foreign.core.SageAuthError)
        assert.ok(thrown.reason instanceof foreign.core.ReauthorizationRequired)
      } finally {
        await sage.close()
      }
    })

    it("has requests of Express served by the other's middleware, whichever of the two asks", async () => {
      const sage = own.core.createSageAuth({ connections: { vendors: vendorsOf(own.core), books: booksOf(own.core) } })
      const auth = foreign.express.sageAuth(sage)
      const second = own.express.sageAuth(sage, { basePath: "second" })
      const app = express()
      app.use(auth)
      app.get("/vendors", async (req, res) => res.json({ status: (await req.sage("vendors").fetch(path)).status }))
      // behind one of them, the other's client, guard and handling of failures
      app.get("/own", async (req, res) =>
        res.json({ status: (await second.client(req, "vendors").fetch(path)).status })
      )
      app.get("/guarded", second.requires("books"), (_req, res) => res.end("never"))
      app.use(second)
      app.use(own.express.sageAuth(sage, { basePath: "third" }).errors)
      const { close, origin } = await listen(app)
      try {
        assert.deepEqual(await (await fetch(`${origin}/vendors`)).json(), { status: 200 })
        assert.deepEqual(await (await fetch(`${origin}/own`)).json(), { status: 200 })
        const refused = await fetch(`${origin}/guarded`)
        assert.deepEqual([refused.status, (await refused.json()).code], [403, "client.never-authorized"])
        for (const basePath of ["sage", "second"]) {
          assert.equal((await fetch(`${origin}/${basePath}/connect/books`, { redirect: "manual" })).status, 303)
        }
      } finally {
        close()
        await sage.close()
      }
    })

    it("has its decorators, guard, tenancy and health found by the other's Nest module", async () => {
      const seen = {}
      class Vendors {
        constructor(vendors, sage, tenancy, health) {
          Object.assign(seen, { vendors, sage, tenancy, health })
        }
      }
      Injectable()(Vendors)
      own.nest.InjectSageClient(`${one}Only`)(Vendors, undefined, 0)
      own.nest.InjectSage()(Vendors, undefined, 1)
      Reflect.defineMetadata(
        "design:paramtypes",
        [Object, Object, own.nest.SageTenancy, own.nest.SageHealthIndicator],
        Vendors
      )
      class Routes {
        async vendors(client) {
          return { status: (await client.fetch(path)).status }
        }
        guarded() {}
      }
      const descriptor = (name) => Object.getOwnPropertyDescriptor(Routes.prototype, name)
      Controller()(Routes)
      Get("vendors")(Routes.prototype, "vendors", descriptor("vendors"))
      own.nest.SageClient(`${one}Only`)(Routes.prototype, "vendors", 0)
      Get("guarded")(Routes.prototype, "guarded", descriptor("guarded"))
      UseGuards(own.nest.SageConnectedGuard)(Routes.prototype, "guarded", descriptor("guarded"))
      own.nest.RequiresSage("books")(Routes.prototype, "guarded", descriptor("guarded"))
      class App {}
      Module({
        imports: [
          // asynchronous: the names of clients come from the decorators alone
          foreign.nest.SageAuthModule.forRootAsync({
            useFactory: () => ({
              connections: { [`${one}Only`]: vendorsOf(own.core), books: booksOf(own.core) },
              tenant: () => "harbour",
              log: false
            })
          })
        ],
        controllers: [Routes],
        providers: [Vendors]
      })(App)
      const app = await NestFactory.create(App, { logger: false, abortOnError: false })
      try {
        await app.listen(0, "127.0.0.1")
        const origin = await app.getUrl()
        assert.deepEqual(await (await fetch(`${origin}/vendors`)).json(), { status: 200 })
        const refused = await fetch(`${origin}/guarded`)
        assert.deepEqual([refused.status, (await refused.json()).code], [403, "client.never-authorized"])
        const { status } = await seen.tenancy.run("harbour", () => seen.vendors.fetch(path))
        assert.equal(status, 200)
        assert.equal(typeof seen.sage.keepAlive, "function")
        assert.equal((await seen.health.read()).state, "up")
        assert.ok(app.get(own.nest.SageTenancy) === seen.tenancy)
      } finally {
        await app.close()
      }
    })

    it("has its Nest module replaced by the other's for a test", async () => {
      const SageModule = own.nest.SageAuthModule.forRoot({ connections: { vendors: vendorsOf(own.core) }, log: false })
      class Vendors {}
      own.nest.InjectSageClient("vendors")(Vendors.prototype, "client")
      class App {}
      Module({ imports: [SageModule], providers: [Vendors] })(App)
      const app = await Test.createTestingModule({ imports: [App] })
        .overrideModule(SageModule)
        .useModule(
          foreign.nestTesting.SageAuthTestingModule.forRoot({ connections: () => ({ vendors: vendorsOf(own.core) }) })
        )
        .compile()
      try {
        assert.equal((await app.get(Vendors).client.fetch(path)).status, 200)
        assert.ok(app.get(foreign.nestTesting.SageSandbox).sandbox)
      } finally {
        await app.close()
      }
    })
  })
}
