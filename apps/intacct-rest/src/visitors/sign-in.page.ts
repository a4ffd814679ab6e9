import { button, page } from "../page.ts"
import { companies } from "./companies.ts"

export const signInPage = (): string =>
  page(
    "Who are you?",
    companies.map(({ id, name }) => `<div>${button("/sign-in", `Sign in for ${name}`, { company: id })}</div>`).join("")
  )
