const names =
  "access_token|refresh_token|accessToken|refreshToken|authorizationCode|id_token|code_verifier|code_challenge|client_secret|session_id|sessionid|password|token|code|state|transaction"

const formValue = new RegExp(`((?:^|[&?\\s])(?:${names})=)[^&]*`, "gi")
const jsonValue = new RegExp(
  `("(?:${names})"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\[\\s\\S])*(?:"|$)|\\[[^\\]]*(?:\\]|$))`,
  "gi"
)

/**
 * Text without secrets: the values of the parameters that hold one, in a form or in JSON, everything that is as long as a
 * token, and every given secret, plain or encoded.
 */
export const maskOAuth = (text: string, secrets: ReadonlySet<string>): string => {
  let masked = text
  for (const secret of secrets) {
    for (const form of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])) {
      masked = masked.replaceAll(form, "***")
    }
  }
  return masked
    .replace(formValue, "$1***")
    .replace(jsonValue, '$1"***"')
    .replace(/[A-Za-z0-9_-]{40,}(?:\.[A-Za-z0-9_-]+)*|[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g, "***")
}
