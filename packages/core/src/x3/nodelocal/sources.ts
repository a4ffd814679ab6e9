/** Where the meanings of a finding come from. */
export const configurationPage = "online-help.sagex3.com, V11, Configuration file"
export const nodelocalPage = "online-help.sagex3.com, V12, Configuration file nodelocal"
export const oauth2Page = "online-help.sagex3.com, V12, Web services: OAuth2 authentication"
export const basicPage = "online-help.sagex3.com, V12, Web services: basic authentication"
export const certificatePage = "online-help.sagex3.com, V12, Web services: certificate authentication"
export const template = "the template of nodelocal.js that X3 comes with, in a public copy"
export const language = "ECMA-262"
