const references: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  // as it is, a reader would take it for a line feed
  "\r": "&#13;"
}

const written = (character: string): string => references[character] ?? character

/** Text as it may stand anywhere in an XML document but in single quotes. What XML has no place for is replaced. */
export const escapeXml = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "\uFFFD")
    .replace(/[&<>"\r]/g, written)

/** Text as it may stand anywhere in a page. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, written)

/** Text of a page as it was before {@link escapeHtml}. */
export const unescapeHtml = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
