/** Names that servers give their answers; any other may be made of what was sent, or of what is in them. */
const known =
  /^(?:application|text)\/(?:[a-z]{1,12}\+)?(?:json|xml|html|plain|csv|javascript|yaml|x-www-form-urlencoded|octet-stream|x-ndjson|gzip|zip|pdf)(?![\w.+-])/i

/** A content type as it may be shown: the media type alone, and only one that is known. */
export const shownMediaType = (contentType: string | null | undefined): string =>
  contentType === null || contentType === undefined
    ? "no content type"
    : (known.exec(contentType.trim())?.[0] ?? "an odd content type")
