import type { World } from "./World.ts"

type Call = (world: World, tenant: string) => Promise<string>

const said = async (response: Response, count: (body: unknown) => number | undefined): Promise<string> => {
  const text = await response.text()
  const found = response.ok ? count(JSON.parse(text)) : undefined
  return `HTTP ${response.status}${found === undefined ? "" : `, ${found} records`}`
}

const listIn =
  (member: string) =>
  (body: unknown): number | undefined => {
    const list: unknown = typeof body === "object" && body !== null ? Reflect.get(body, member) : undefined
    return Array.isArray(list) ? list.length : undefined
  }

const vendors = "objects/accounts-payable/vendor"

const intacctRest =
  (connection: "vendors" | "bridge" | "payables"): Call =>
  async ({ sage }, tenant) =>
    said(await sage.client(connection, { tenant }).fetch(vendors), listIn("ia::result"))

const customers = "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&count=20"

const webServices =
  (connection: "erp" | "erpTls" | "erpSso" | "erpCloud"): Call =>
  async ({ sage }, tenant) =>
    said(await sage.client(connection, { tenant }).fetch(customers), listIn("$resources"))

/** One harmless call for each connection. */
const calls: Readonly<Record<string, Call>> = {
  ledger: async ({ sage }, tenant) => {
    const functions = [{ readByQuery: { object: "VENDOR", fields: "VENDORID,NAME", query: "", pagesize: 20 } }]
    const [result] = await sage.client("ledger", { tenant }).execute(functions)
    return `readByQuery: ${result?.status ?? "no result"}`
  },
  vendors: intacctRest("vendors"),
  bridge: intacctRest("bridge"),
  payables: intacctRest("payables"),
  books: async ({ sage }, tenant) =>
    said(await sage.client("books", { tenant }).fetch("contacts?items_per_page=20"), listIn("$items")),
  erp: webServices("erp"),
  erpTls: webServices("erpTls"),
  erpSso: webServices("erpSso"),
  erpCloud: webServices("erpCloud"),
  graph: async ({ sage }, tenant) => {
    const { errors } = await sage.client("graph", { tenant }).query("{ __typename }")
    return errors.length === 0 ? "answered" : `answered with ${errors.length} errors`
  },
  gateway: async ({ sage }, tenant) => {
    const folders = await sage.client("gateway", { tenant }).folders()
    return `${folders.length} folders`
  }
}

/** Sends one call, tells the feed what came of it, and says whether it was answered well. */
export const sendCall = async (
  world: World,
  connection: string,
  tenant: string,
  { tellOnlyFailure = false }: { readonly tellOnlyFailure?: boolean } = {}
): Promise<boolean> => {
  const who = `${tenant} / ${connection}`
  const call = calls[connection]
  if (call === undefined) throw new Error(`no call is known for ${connection}`)
  const startedAt = performance.now()
  try {
    const text = await call(world, tenant)
    const ok = !/HTTP [45]/.test(text)
    world.calls[ok ? "answered" : "failed"]++
    if (ok && tellOnlyFailure) return true
    world.feed.add(ok ? "plain" : "bad", who, `Call: ${text} in ${Math.round(performance.now() - startedAt)} ms`)
    return ok
  } catch (error) {
    world.calls.failed++
    world.feed.add("bad", who, `Call failed: ${error instanceof Error ? error.message : "for no known reason"}`)
    return false
  }
}
