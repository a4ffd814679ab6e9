import type { CallOptions } from "../../application/Application.ts"
import { type FetchOptions, type HttpClient, httpCalls, interactiveCalls } from "../../calls/HttpClient.ts"
import type { CallsOf, ListsOf, Members, Out, Outs, World } from "../../Connection.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  FunctionFailed,
  Misconfigured,
  PermissionDenied,
  ProtocolViolation,
  RequestRejected
} from "../../errors/Reason.ts"
import type { JsonRecord, Page, PageOptions } from "../../paging/readPages.ts"
import type { ClientTls } from "../ClientCertificates.ts"
import type { SoapCall, SoapOperation, SoapResult } from "./soap/SoapCall.ts"

type Acquire = AcquireReasons["x3-web-services"]

/** What reading a list can fail with. */
export type X3WebServicesListReasons =
  | Acquire
  | BudgetExhausted
  | FunctionFailed
  | Misconfigured
  | PermissionDenied
  | ProtocolViolation
  | RequestRejected

/** The client of X3's web services: REST below `api1/`, and SOAP. */
export interface X3WebServicesClient<W extends World = "promise">
  extends Omit<HttpClient<W, "x3-web-services">, "fetch"> {
  /**
   * Sends a request with the credential. Resolves with every answer of the server, with one exception. A successful
   * JSON answer whose `$diagnoses` holds an error fails with `FunctionFailed`. Its `error.response` is that answer, its
   * body still to be read. To see that, up to 8 MiB of a successful JSON answer are read before it is handed over.
   *
   * A path counts from `baseUrl`, as in `api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&count=20`. The
   * server keeps no session for `api1`, so no cookie is sent, kept or handed over. Redirects are not followed.
   *
   * @throws `SageAuthError`: one of `AcquireReasons`, `BudgetExhausted`, `Misconfigured`, `FunctionFailed`, or
   * `RequestRejected`
   */
  fetch(
    path: string,
    init?: FetchOptions
  ): Out<W, Response, Acquire | BudgetExhausted | Misconfigured | FunctionFailed | RequestRejected>
  /**
   * Every record of a `$query`, one after the other, by the server's own links. A page is read when its first record is
   * asked for. `pageSize` is `count` and goes to 10,000. The server does not say how many there are.
   *
   * @throws `SageAuthError`: one of `X3WebServicesListReasons`
   *
   * @example
   * ```ts
   * const customers = "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query"
   * for await (const customer of erp.records(customers)) console.log(customer["BPCNAM"])
   * ```
   */
  records<R = JsonRecord>(path: string, options?: PageOptions<R>): Outs<W, R, X3WebServicesListReasons>
  /**
   * the same by page, with how far it has come
   *
   * @throws `SageAuthError`: one of `X3WebServicesListReasons`
   */
  pages<R = JsonRecord>(path: string, options?: PageOptions<R>): Outs<W, Page<R>, X3WebServicesListReasons>
  /**
   * Makes a SOAP call in a permit of its pool. Status 1 is the only success. Status 0 fails with `FunctionFailed`,
   * whose `response` has the envelope.
   *
   * Operations that only read are tried again after an answer that was lost. Every operation is tried again when all
   * channels of its pool stayed busy, since it did not run.
   *
   * @throws `SageAuthError`: one of `AcquireReasons`, `Misconfigured`, `PermissionDenied`, `RequestRejected`, or
   * `FunctionFailed`
   */
  soap<const O extends SoapOperation | (string & {})>(
    call: SoapCall<O>
  ): Out<W, SoapResult, Acquire | Misconfigured | PermissionDenied | RequestRejected | FunctionFailed>
}

/** A connection whose credential is a client certificate: its headers are empty, and this is what it has instead. */
export interface WithTls<W extends World = "promise"> {
  /**
   * The certificate for other HTTP libraries: options of `tls.connect`, `https.Agent` and undici's `connect`. It holds
   * the key in the clear: treat it as a secret.
   *
   * @throws `SageAuthError`: one of `AcquireReasons`
   */
  tls(options?: CallOptions): Out<W, ClientTls, Acquire>
}

const calls: CallsOf<X3WebServicesClient> = { ...httpCalls, soap: 0 }
const lists: ListsOf<X3WebServicesClient> = { records: 1, pages: 1 }
const tlsCalls: CallsOf<WithTls> = { tls: 0 }

/** The table of its members: its credential says what else it can do. */
export const membersOf = (credential: { readonly certificate: boolean; readonly interactive: boolean }): Members => ({
  calls: {
    ...calls,
    ...(credential.certificate ? tlsCalls : undefined),
    ...(credential.interactive ? interactiveCalls : undefined)
  },
  lists
})
