import { assert, describe, it } from "@effect/vitest"
import { variables } from "../../src/config/readVariables.ts"
import { type X3AccessCell, x3Access } from "../../src/advice/x3Access.ts"
import { advise, type Advised, type Answers, type QuestionId, questions, routes } from "../../src/advice/tree/advise.ts"
import { type Recommendation, type RecommendationId, recommendations } from "../../src/advice/tree/recommendations.ts"

const ids = Object.keys(questions) as ReadonlyArray<QuestionId>
const all: ReadonlyArray<Recommendation> = Object.values(recommendations)

/** Every combination of answers, those that answer nothing among them. */
function* combinations(from = 0, answers: Answers = {}): Generator<Answers> {
  const question = ids[from]
  if (question === undefined) {
    yield answers
    return
  }
  yield* combinations(from + 1, answers)
  for (const answer of Object.keys(questions[question].choices)) {
    yield* combinations(from + 1, { ...answers, [question]: answer })
  }
}

/** What a recommendation for X3 calls with: the table of what X3 takes knows whether it does. */
const x3Calls: Partial<Record<RecommendationId, Pick<X3AccessCell, "surface" | "credential">>> = {
  "x3-graphql": { surface: "graphql", credential: "connected-app" },
  "x3-online": { surface: "rest", credential: "oauth2" },
  "x3-oauth2": { surface: "rest", credential: "oauth2" },
  "x3-certificate": { surface: "rest", credential: "certificate" },
  "x3-basic": { surface: "rest", credential: "basic" },
  "x3-gateway": { surface: "gateway", credential: "pairing" }
}

/** What a product does with what is recommended; undefined where it takes it. */
const refusalOf = (answers: Answers, { code, id, interactive, surfaces }: Recommendation): string | undefined => {
  switch (answers.product) {
    case "intacct":
      if (answers.api === "xml" && surfaces.some((surface) => surface !== "intacct-xml")) return "another API"
      if (answers.api === "rest" && !surfaces.includes("intacct-rest")) return "another API"
      if (answers.api === "rest" && answers.actor === "program" && interactive) return "no human is there"
      if (answers.api === "rest" && answers.actor === "program" && !/username:|session:/.test(code)) return "no user"
      if (answers.secret === "no" && answers.actor === "user" && code.includes("CLIENT_SECRET")) return "a secret ships"
      return undefined
    case "business-cloud":
      return interactive && !code.includes("clientCredentials") ? undefined : "no server-to-server flow"
    case "x3": {
      const call = x3Calls[id]
      const found = x3Access.find(
        ({ credential, deployment, surface }) =>
          deployment === answers.deployment && surface === call?.surface && credential === call.credential
      )
      if (found === undefined) return "not offered"
      if (call?.surface === "graphql" && answers.services === "no") return "there is no /xtrem/api"
      if (!code.includes(`${found.builder}(`)) return "another builder"
      return found.outcome === "works" ? undefined : found.outcome
    }
    case "several":
      return undefined
    case undefined:
      return "no product"
  }
}

const isMissing = (answers: Answers, advised: Advised): boolean =>
  advised.outcome === "missing" &&
  answers[advised.question] === undefined &&
  advised.text === questions[advised.question].text &&
  advised.path.every(({ answer, question }) => answers[question] === answer)

describe("advise", () => {
  it("has for every combination of answers a flow that the product takes, or the question that is missing", () => {
    const wrong: Array<string> = []
    let count = 0
    const reached = new Set<string>()
    for (const answers of combinations()) {
      count++
      const advised = advise(answers)
      if (advised.outcome === "recommendation") {
        reached.add(advised.recommendation.id)
        const refusal = refusalOf(answers, advised.recommendation)
        if (refusal !== undefined) wrong.push(`${JSON.stringify(answers)}: ${advised.recommendation.id}: ${refusal}`)
      } else if (!isMissing(answers, advised)) wrong.push(`${JSON.stringify(answers)}: ${advised.outcome}`)
    }
    assert.deepStrictEqual(wrong.slice(0, 10), [])
    assert.strictEqual(
      count,
      ids.reduce((product, id) => product * (Object.keys(questions[id].choices).length + 1), 1)
    )
    assert.deepStrictEqual(reached, new Set(Object.keys(recommendations)))
  })

  it("asks one question after the other, each of them once", () => {
    const advised = advise({})
    assert.strictEqual(advised.outcome, "missing")
    for (const { path } of routes()) {
      const answers: { [question: string]: string } = {}
      for (const { answer, question } of path) {
        const asked = advise(answers)
        if (asked.outcome !== "missing") return assert.fail(asked.outcome)
        assert.strictEqual(asked.question, question)
        assert.property(asked.choices, answer)
        answers[question] = answer
      }
      assert.strictEqual(advise(answers).outcome, "recommendation")
    }
  })

  it("asks every question somewhere", () => {
    const asked = new Set(routes().flatMap(({ path }) => path.map(({ question }) => question)))
    assert.deepStrictEqual(asked, new Set(ids))
  })

  it("names answers that change nothing", () => {
    const advised = advise({ product: "business-cloud", actor: "program", api: undefined })
    assert.deepStrictEqual(advised.unused, ["actor"])
    assert.deepStrictEqual(advised.path, [{ question: "product", answer: "business-cloud" }])
  })

  it("says which answer is none of the choices, without repeating it", () => {
    for (const answer of ["sage50", "", "toString", "__proto__", 1, null, {}]) {
      const advised = advise({ product: answer } as unknown as Answers)
      if (advised.outcome !== "unknown") return assert.fail(advised.outcome)
      assert.strictEqual(advised.question, "product")
      assert.deepStrictEqual(Object.keys(advised.choices), ["intacct", "business-cloud", "x3", "several"])
    }
    const deeper = advise({ product: "x3", deployment: "cloud", api: "xml" } as unknown as Answers)
    if (deeper.outcome !== "unknown") return assert.fail()
    assert.strictEqual(deeper.question, "deployment")
    assert.deepStrictEqual(deeper.path, [{ question: "product", answer: "x3" }])
    assert.deepStrictEqual(deeper.unused, ["api"])
  })

  it("takes no answer from what the object inherits", () => {
    const advised = advise(Object.create({ product: "x3" }) as Answers)
    assert.strictEqual(advised.outcome, "missing")
    assert.deepStrictEqual(advised.unused, [])
  })
})

const at = (answers: Answers): Recommendation => {
  const advised = advise({ product: "x3", ...answers })
  if (advised.outcome !== "recommendation") throw new Error(advised.question)
  return advised.recommendation
}

const costOf = (id: RecommendationId, about: string) =>
  recommendations[id].needs.find(({ what }) => what.value.includes(about))?.cost

const warns = (id: RecommendationId, about: RegExp): boolean =>
  recommendations[id].warnings.some(({ value }) => about.test(value))

describe("recommendations", () => {
  it("of new X3 integrations: GraphQL from 2021 R2 on, else OAuth2 even on premise, with the reason", () => {
    const graphql = at({ deployment: "on-premise", services: "yes", interface: "undecided" })
    assert.strictEqual(graphql.id, "x3-graphql")
    assert.include(graphql.why, "2021 R2")
    const oauth2 = at({ deployment: "on-premise", services: "no", method: "undecided" })
    assert.strictEqual(oauth2.id, "x3-oauth2")
    assert.include(oauth2.why, "X3 Online")
    assert.strictEqual(at({ deployment: "online", services: "no" }).id, "x3-online")
  })

  it("hold everything that one has to know", () => {
    for (const each of all) {
      for (const words of [each.title, each.why, each.renewal, each.code, each.guide]) assert.isNotEmpty(words, each.id)
      for (const list of [each.surfaces, each.flow, each.needs, each.limits, each.lifetimes, each.warnings]) {
        assert.isNotEmpty(list, each.id)
      }
      assert.match(
        each.guide,
        /^https:\/\/github\.com\/sage-auth\/sage-auth\/blob\/main\/docs\/[a-z0-9-]+\.md(?:#[a-z0-9-]+)?$/
      )
      assert.deepStrictEqual(new Set(each.code.match(/(?<=process\.env\[")\w+/g)), new Set(each.variables), each.id)
    }
  })

  it("read variables that fromEnvironment reads as well", () => {
    const known = new Set(
      Object.values(variables).flatMap(({ prefix, rows }) => rows.map(([name]) => `${prefix}${name}`))
    )
    const others = all.flatMap((each) => each.variables).filter((name) => !known.has(name))
    assert.deepStrictEqual(new Set(others), new Set(["SAGE_AUTH_KEY"]))
  })

  it("say the cost class of each product's licence", () => {
    assert.strictEqual(costOf("intacct-xml-session", "Web Services developer licence"), "paid, no free tier")
    assert.strictEqual(costOf("business-cloud", "developer.sage.com"), "free")
    assert.strictEqual(costOf("x3-basic", "X3 server"), "included")
  })

  it("warn of what ends, and of what does not exist", () => {
    assert.isTrue(warns("business-cloud", /no server-to-server flow/))
    assert.isTrue(warns("x3-basic", /ends with a move to X3 Online/))
    assert.isTrue(warns("x3-certificate", /ends with a move to X3 Online/))
    for (const id of ["intacct-xml-session", "intacct-xml-login", "intacct-rest-bridge"] as const) {
      assert.isTrue(warns(id, /legacy API: new objects and features come by REST only/), id)
    }
    assert.isTrue(warns("several-products", /refused by every other/))
  })

  it("renew by a human only where one consents", () => {
    for (const { code, id, interactive } of all) {
      assert.strictEqual(code.includes("export const connect"), interactive, id)
      assert.strictEqual(code.includes("export const callback"), interactive, id)
      assert.include(code, "export const firstCall", id)
    }
  })
})
