import { assert, it } from "@effect/vitest"
import { startSandbox } from "@sage-auth/sandbox"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { afterAll, beforeAll } from "vitest"
import { Byte } from "./arbitrary.ts"
import { loginXml, post, requestXml } from "./support.ts"

let sandbox: Awaited<ReturnType<typeof startSandbox<"manual">>>

beforeAll(async () => {
  sandbox = await startSandbox({ clock: "manual" })
})
afterAll(() => sandbox.stop())

const answered = (body: string | Uint8Array<ArrayBuffer>): Effect.Effect<void> =>
  Effect.promise(async () => {
    const answer = await post(sandbox.urls["intacct-xml"].xml, body)
    assert.strictEqual(answer.status, 200)
    assert.oneOf(answer.at("response.control.status"), ["success", "failure"])
  })

it.effect.prop("answers any bytes at all", { bytes: Schema.Array(Byte) }, ({ bytes }) =>
  answered(Uint8Array.from(bytes))
)

const pieces = [
  "<request>",
  "</request>",
  "<control>",
  "</control>",
  "<operation>",
  "<authentication>",
  "<login>",
  "<![CDATA[",
  "]]>",
  "<!--",
  "-->",
  "<!DOCTYPE x",
  "<?xml",
  "?>",
  "&amp;",
  "&#0;",
  "&#x110000;",
  "&bad;",
  "&",
  "<a b='c'",
  ">",
  "/>",
  "<password>",
  "text",
  "\u0000",
  "😀"
]

it.effect.prop(
  "answers any order of the pieces that documents are made of",
  { order: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: pieces.length - 1 }))) },
  ({ order }) => answered(order.map((index) => pieces[index] ?? "").join(""))
)

it.effect.prop(
  "answers a right document with any text in any place",
  { text: Schema.String, place: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 })) },
  ({ text, place }) => {
    const right = requestXml(sandbox, {
      authentication: loginXml(sandbox.accounts["intacct-xml"].limited),
      functions: ["<readByQuery><object>VENDOR</object><fields>*</fields><query>NAME = 'x'</query></readByQuery>"]
    })
    const at = place % right.length
    return Effect.promise(async () => {
      const answer = await post(sandbox.urls["intacct-xml"].xml, right.slice(0, at) + text + right.slice(at))
      assert.oneOf(answer.status, [200, 400])
    })
  }
)
