/** An error that an authorization server sends back to the application, in either of Sage's two forms. */
export interface AuthorizationRefusal {
  /** The `error`, such as `"access_denied"` or `"Invalid request"`. */
  readonly error: string
  /** What stands beside `error` in OAuth's form. */
  readonly error_description?: string | undefined
  /** What stands in place of a description in Sage's own form. */
  readonly reason?: string | undefined
}

/** The parameters of such an error in a callback URL. */
export const refusalParams = (refusal: AuthorizationRefusal): Record<string, string | undefined> => ({
  error: refusal.error,
  error_description: refusal.error_description,
  reason: refusal.reason
})
