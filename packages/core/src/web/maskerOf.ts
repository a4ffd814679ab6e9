import * as Masker from "../errors/maskSecrets.ts"

/**
 * Takes secrets out of texts that others sent, before a log of requests keeps them or a page shows them.
 *
 * A secret is found as it is, encoded for a URL or a form, escaped for XML, HTML or JSON, in hexadecimal and in base64
 * of either alphabet, also inside of something longer and where it was cut off. JSON web tokens, what follows `Bearer`,
 * and what is announced by a name such as `access_token=` are masked as well, known or not. `[masked]` stands in their
 * place. Time is linear in the text.
 *
 * @param secrets what must not be shown
 * @param limit how much of a text is looked at, in characters; the rest is left out. Default 4,096
 * @category web
 */
export const maskerOf = (secrets: ReadonlyArray<string>, limit?: number): ((text: string) => string) =>
  Masker.maskerOf(secrets, limit)
