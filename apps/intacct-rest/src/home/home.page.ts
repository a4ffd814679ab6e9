import { button, escape, page } from "../page.ts"
import type { CompanyStatus } from "../status/company-status.service.ts"
import type { Company } from "../visitors/companies.ts"

const until = (date: Date | undefined): string => date?.toISOString() ?? "no date that is known"

/** Everything about a company, with the ways to the rest, as far as their connections are configured. */
export const homePage = (
  { name }: Company,
  { meter, payables, pool, vendors }: CompanyStatus,
  configured: ReadonlySet<string>
): string => {
  const connected = payables.state === "connected"
  return page(
    name,
    `<h2>Vendors</h2>
<p>Read in the background, without a human: <strong>${vendors.state}</strong>. <a href="/vendors">Vendors</a></p>
<h2>Payables</h2>
<div>Read for somebody who consented: <strong>${payables.state}</strong>.
<a href="/payables">Bills</a> · ${configured.has("publicPayables") ? '<a href="/public-payables">Bills, by a client without a secret</a> · ' : ""}<a href="/sage/connect/payables?returnTo=/">${connected ? "Consent again" : "Connect"}</a>
${connected ? button("/sage/disconnect/payables?returnTo=/", "Disconnect") : ""}</div>
${connected ? `<p>The token in hand ends at ${until(payables.credentialExpiresAt)}, and is renewed by itself. Without any use, the consent ends at ${until(payables.grantExpiresAt)}.</p>` : ""}
<h2>Intacct</h2>
<p>Company ${escape(meter.company)}: ${pool.inUse} of ${pool.permits} connections in use, ${pool.waiting} requests waiting.
${meter.used} transactions in ${meter.month}, ${meter.projected} projected of ${meter.allowance} allowed.</p>
<div><a href="/status">Status</a> · ${configured.has("bridge") ? '<a href="/bridge">Bridge to XML</a> · ' : ""}<a href="/health">Health</a> ${button("/sign-out", "Sign out")}</div>`
  )
}
