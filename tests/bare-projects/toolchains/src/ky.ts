// Compiled and never run: the entry for ky, which has ES modules alone, so that TypeScript finds it by `exports` only.
import type { BusinessCloudClient, IntacctXmlClient } from "@sage-auth/core"
import { kyFor } from "@sage-auth/core/ky"

interface Page {
  readonly $items: ReadonlyArray<{ readonly id: string }>
}

export const contacts = (books: BusinessCloudClient): Promise<Page> =>
  kyFor(books)
    .get("contacts", { searchParams: { items_per_page: 200 } })
    .json<Page>()
// @ts-expect-error -- Intacct's XML API has no paths
export const mistaken = (ledger: IntacctXmlClient): unknown => kyFor(ledger)
