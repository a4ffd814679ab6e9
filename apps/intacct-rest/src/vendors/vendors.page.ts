import { escape, page, table } from "../page.ts"
import type { Entity, Vendor } from "./vendor.ts"

export interface VendorsPage {
  readonly title: string
  readonly vendors: ReadonlyArray<Vendor>
  readonly readAt: Date
  readonly entities: ReadonlyArray<Entity>
}

const linksOf = ({ id, name }: Entity): string => {
  const query = `entity=${encodeURIComponent(id)}`
  return `<li>${escape(name)}: <a href="/vendors?${query}&amp;by=header">by a header</a>, <a href="/vendors?${query}&amp;by=token">by a token of its own</a></li>`
}

export const vendorsPage = ({ entities, readAt, title, vendors }: VendorsPage): string =>
  page(
    title,
    `<p>${vendors.length} vendors, read at ${readAt.toISOString()}. <a href="/vendors">All</a> · <a href="/">Home</a></p>
<ul>${entities.map(linksOf).join("")}</ul>
${table(
  ["Id", "Name"],
  vendors.map(({ id, name }) => [id, name])
)}`
  )
