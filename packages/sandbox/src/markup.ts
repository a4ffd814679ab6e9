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

/** Where the style of every page begins: its letters and colours, by the reader's scheme, and what has the focus. */
export const colours =
  ":root{color-scheme:light dark;--ground:light-dark(#f2f4f7,#12161b);--surface:light-dark(#fff,#1b2128);--text:light-dark(#1b1f24,#e6eaf0);--muted:light-dark(#566070,#a9b4c2);--line:light-dark(#8a94a3,#465160);--edge:light-dark(#5b6573,#8a97a8);--accent:light-dark(#006b20,#5cc97c);--on-accent:light-dark(#fff,#08130b);--bad:light-dark(#b3261e,#ff9b92);--bad-ground:light-dark(#fdecea,#3a1c1a)}body{font:1rem/1.5 system-ui,sans-serif;margin:0;background:var(--ground);color:var(--text)}:focus-visible{outline:3px solid light-dark(#0b57d0,#8ab4f8);outline-offset:2px}"
