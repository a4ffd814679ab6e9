import {
  advise,
  type Answers,
  findTable,
  type Recommendation,
  type Table,
  type TableName
} from "@sage-auth/core/advice"
import { describe, expect, test } from "tstyche"

describe("advise", () => {
  test("takes answers to questions of the tree, and no others", () => {
    expect(advise).type.toBeCallableWith({})
    expect(advise).type.toBeCallableWith({ product: "x3", deployment: "on-premise", services: undefined })
    expect(advise).type.not.toBeCallableWith({ product: "sage50" })
    expect(advise).type.not.toBeCallableWith({ products: "x3" })
    expect<Answers["actor"]>().type.toBe<"user" | "program" | undefined>()
  })

  test("has a recommendation, or the question that is missing", () => {
    const advised = advise({})
    if (advised.outcome === "recommendation") expect(advised.recommendation).type.toBe<Recommendation>()
    else expect(advised.question).type.toBeAssignableTo<keyof Answers>()
  })
})

describe("findTable", () => {
  test("knows the names of the tables, and takes any text", () => {
    expect<"quick-reference">().type.toBeAssignableTo<TableName>()
    expect<"quick-references">().type.not.toBeAssignableTo<TableName>()
    expect(findTable("quick-reference")).type.toBe<Table | undefined>()
  })
})
