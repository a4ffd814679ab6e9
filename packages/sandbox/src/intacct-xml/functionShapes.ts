import { legacyShapes } from "./legacy.ts"
import {
  anyElements,
  anything,
  attribute,
  elements,
  many,
  oneOf,
  once,
  optional,
  type Shape,
  text,
  truth,
  whole
} from "./schema.ts"

const fieldAnd = (least: number, most: number): Shape =>
  elements({ field: once(text), ...(most === 0 ? {} : { value: many(text, least, most) }) })

const oneValue = fieldAnd(1, 1)

const operators = {
  equalto: oneValue,
  notequalto: oneValue,
  lessthan: oneValue,
  lessthanorequalto: oneValue,
  greaterthan: oneValue,
  greaterthanorequalto: oneValue,
  between: fieldAnd(2, 2),
  in: fieldAnd(1, 1000),
  notin: fieldAnd(1, 1000),
  like: oneValue,
  notlike: oneValue,
  isnull: fieldAnd(0, 0),
  isnotnull: fieldAnd(0, 0)
}

const filterChildren = {
  and: many(() => joined),
  or: many(() => joined),
  ...Object.fromEntries(Object.entries(operators).map(([name, shape]) => [name, many(shape)]))
}

const joined: Shape = elements(filterChildren, {}, 2)

const empty: Shape = elements({})

const order: Shape = {
  kind: "elements",
  attributes: {},
  children: { field: once(text), ascending: optional(empty), descending: optional(empty) },
  either: ["ascending", "descending"]
}

/** The schema of `query` as Intacct has published it ("Queries", "Complete schema"). */
const query: Shape = elements({
  select: once(
    elements(
      { field: many(text), count: many(text), avg: many(text), min: many(text), max: many(text), sum: many(text) },
      {},
      1
    )
  ),
  object: once(text),
  docparid: optional(text),
  orderby: optional(
    elements({
      order: many(order, 1)
    })
  ),
  options: optional(
    elements({
      caseinsensitive: optional(truth),
      showprivate: optional(truth),
      returnformat: optional(oneOf("xml", "json", "csv"))
    })
  ),
  pagesize: optional(whole(1, 2000)),
  offset: optional(whole(0, 999_999_999)),
  filter: optional(elements(filterChildren, {}, "one"))
})

const format = oneOf("xml", "json", "csv")

const read: Shape = elements({
  object: once(text),
  keys: once(text),
  fields: optional(text),
  returnFormat: optional(format),
  docparid: optional(text)
})

const logical: Shape = elements(
  { expression: many(() => expression), logical: many(() => logical) },
  { logical_operator: attribute(oneOf("and", "or"), true) },
  1
)

const expression: Shape = elements({ field: once(text), operator: once(text), value: optional(text) })

const getList: Shape = elements(
  {
    filter: optional(elements({ expression: optional(expression), logical: optional(() => logical) }, {}, "one")),
    sorts: optional(
      elements({
        sortfield: many({ ...text, attributes: { order: attribute(oneOf("asc", "desc"), true) } }, 1)
      })
    ),
    fields: optional(elements({ field: many(text, 1) }))
  },
  {
    object: { required: true },
    start: attribute(whole(0, 999_999_999)),
    maxitems: attribute(whole(1, 999_999_999)),
    showprivate: attribute(truth)
  }
)

/** What the functions that the sandbox plays may hold. */
export const functionShapes: ReadonlyMap<string, Shape> = new Map([
  ["getAPISession", elements({ locationid: optional(text) })],
  ["query", query],
  ["get_list", getList],
  ["read", read],
  ["readByName", read],
  [
    "readByQuery",
    elements({
      object: once(text),
      query: once(text),
      fields: optional(text),
      pagesize: optional(whole(1, 1000)),
      returnFormat: optional(format),
      docparid: optional(text)
    })
  ],
  [
    "readMore",
    elements(
      { resultId: optional(text), object: optional(text), view: optional(text), reportId: optional(text) },
      {},
      "one"
    )
  ],
  [
    "readRelated",
    elements({
      object: once(text),
      relation: once(text),
      keys: once(text),
      fields: optional(text),
      returnFormat: optional(format)
    })
  ],
  [
    "readView",
    elements({
      view: once(text),
      pagesize: optional(whole(1, 1000)),
      returnFormat: optional(format),
      filters: optional(
        elements({
          filterCondition: optional(text),
          filterExpression: many(elements({ field: once(text), operator: once(text), value: optional(text) }))
        })
      )
    })
  ],
  [
    "readReport",
    elements(
      {
        report: once(text),
        arguments: optional(anything),
        waitTime: optional(whole(0, 30)),
        pagesize: optional(whole(1, 1000)),
        returnFormat: optional(format),
        listSeparator: optional(text)
      },
      { type: attribute(oneOf("interactive")), returnDef: attribute(truth) }
    )
  ],
  ["lookup", elements({ object: once(text), docparid: optional(text) })],
  ["inspect", elements({ object: once(text) }, { detail: attribute(whole(0, 1)), name: {} })],
  ["create", anyElements],
  ["update", anyElements],
  ["delete", elements({ object: once(text), keys: once(text) })],
  ["getUserPermissions", elements({ userId: optional(text) })],
  ["getDimensions", empty],
  ["get_applications", empty],
  ["get_companyprefs", elements({}, { application: { required: true } })],
  ...legacyShapes
])
