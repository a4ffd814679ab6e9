/**
 * Text without secrets: what stands in a password or sessionid element (closed or not), everything that looks like a
 * session id, and every given secret.
 */
export const maskSecrets = (text: string, secrets: ReadonlySet<string>): string => {
  let masked = text
    .replace(/(<(?:\w+:)?(password|sessionid)\b[^<>]*(?<!\/)>)[\s\S]*?(<\/(?:\w+:)?\2\s*>|$)/gi, "$1***$3")
    .replace(/[A-Za-z0-9_-]{56,}/g, "***")
  for (const secret of secrets) {
    // A shorter one would blot out half of the text, and stands in its own element anyway.
    if (secret.length < 4) continue
    masked = masked.replaceAll(secret, "***")
    masked = masked.replaceAll(escaped(secret), "***")
  }
  return masked
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
