import { maskerOf } from "@sage-auth/core/web"

/** How much of a text is looked at, in characters: what is kept of it is shorter. */
const longest = 65_536

/** A shorter secret would blot out half of the text, and stands behind its own name anyway. */
const shortest = 4

/**
 * Takes secrets out of what the sandbox keeps of requests. Those that it knows are found in every form by the one
 * masker of the library. What a client mistyped, and what the sandbox made up, is known by where it stands or by its
 * length.
 *
 * @param secrets they become more, and never fewer
 */
export const maskerFor = (secrets: ReadonlySet<string>): ((text: string) => string) => {
  let known = -1
  let masked: ((text: string) => string) | undefined
  return (text) => {
    if (masked === undefined || known !== secrets.size) {
      known = secrets.size
      const sought = [...secrets].filter(({ length }) => length >= shortest)
      masked = maskerOf(sought, longest)
    }
    return withoutShapes(masked(text).replaceAll("[masked]", "***"))
  }
}

/** what stands in a password or sessionid element, closed or not, whatever else stands in it */
const element = /(<(?:\w+:)?(password|sessionid)\b[^<>]*(?<!\/)>)[\s\S]*?(<\/(?:\w+:)?\2\s*>|$)/gi

const formValue =
  /((?:^|[&?\s])(?:access_token|refresh_token|accessToken|refreshToken|authorizationCode|id_token|code_verifier|code_challenge|client_secret|session_id|sessionid|password|token|code|state|transaction)=)[^&]*/gi

const jsonValue =
  /("(?:access_token|refresh_token|accessToken|refreshToken|authorizationCode|id_token|code_verifier|code_challenge|client_secret|session_id|sessionid|password|token|code|state|transaction)"\s*:\s*)(?:"(?:[^"\\]|\\[\s\S])*(?:"|$)|\[[^\]]*(?:\]|$))/gi

/** as long as a token or a session id, or of three parts as a JSON web token is */
const token = /[A-Za-z0-9_-]{40,}(?:\.[A-Za-z0-9_-]+)*|[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g

/** an attribute of an element is no parameter of a form: its value would reach to the end */
const isMarkup = /^\s*</

const withoutShapes = (text: string): string =>
  (isMarkup.test(text) ? text : text.replace(formValue, "$1***"))
    .replace(element, "$1***$3")
    .replace(jsonValue, '$1"***"')
    .replace(token, "***")
