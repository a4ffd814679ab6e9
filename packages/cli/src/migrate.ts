import { execFile } from "node:child_process"
import { appendFile, chmod, readFile, writeFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { promisify } from "node:util"
import { type IntacctSdkCredentials, intacctSdkCredentials } from "@sage-auth/core/inspect"
import { configurationNames, exists } from "./configuration.ts"
import { exitStatus, Failure } from "./Failure.ts"

/** A password, where it is, and the variable that the configuration reads it from. */
export interface Password {
  readonly variable: string
  readonly value: string
  /** in words: a variable, or a key of a section of a file */
  readonly source: string
  /** whether the variable has it already */
  readonly isSet: boolean
}

/** What becomes of an SDK's settings. */
export interface Migration {
  /** what the SDK's reader would cut or change without a word, and what is missing */
  readonly issues: ReadonlyArray<{ readonly option: string; readonly expected: string }>
  /** the connection, as code */
  readonly connection: string
  /** a whole `sage-auth.config.ts` with it */
  readonly configuration: string
  readonly passwords: ReadonlyArray<Password>
}

const quoted = (text: string): string => JSON.stringify(text)

const fromVariable = (name: string): string => `process.env["${name}"] ?? ""`

const connectionOf = ({ endpoint, login, sender }: IntacctSdkCredentials, [ofSender, ofLogin]: [string, string]) =>
  [
    "intacctXml({",
    `  sender: { id: ${quoted(sender.id)}, password: ${fromVariable(ofSender)} },`,
    "  login: {",
    `    companyId: ${quoted(login.companyId)},`,
    `    userId: ${quoted(login.userId)},`,
    `    password: ${fromVariable(ofLogin)}${login.entityId === undefined ? "" : ","}`,
    ...(login.entityId === undefined ? [] : [`    entityId: ${quoted(login.entityId)}`]),
    `  }${endpoint === undefined ? "" : ","}`,
    ...(endpoint === undefined ? [] : [`  endpoint: ${quoted(endpoint)}`]),
    "})"
  ].join("\n")

/** Reads what the SDK reads, and writes it as a connection. Nothing of a password is in the code. */
export const migration = (given: {
  readonly name: string
  readonly profile: string | undefined
  readonly environment: NodeJS.ProcessEnv
}): Migration => {
  const { environment, name, profile } = given
  if (!/^[A-Za-z][\w-]{0,99}$/.test(name)) {
    throw new Failure({
      message: "--name is no name of a connection.",
      remedy: "Write letters, digits, - and _, and a letter first.",
      status: exitStatus.usage
    })
  }
  const { credentials, file, issues, sections } = intacctSdkCredentials({ profile, env: environment })
  if (credentials === undefined) return { issues, connection: "", configuration: "", passwords: [] }
  const passwordOf = (
    own: string,
    ours: string,
    value: string,
    section: string | undefined,
    key: string
  ): Password => ({
    variable: section === undefined ? own : ours,
    value,
    source: section === undefined ? own : `${key} in section [${section}] of ${file}`,
    isSet: section === undefined || environment[ours] === value
  })
  const passwords = [
    passwordOf(
      "INTACCT_SENDER_PASSWORD",
      "SAGE_INTACCT_XML_SENDER_PASSWORD",
      credentials.sender.password,
      sections.sender,
      "sender_password"
    ),
    passwordOf(
      "INTACCT_USER_PASSWORD",
      "SAGE_INTACCT_XML_USER_PASSWORD",
      credentials.login.password,
      sections.login,
      "user_password"
    )
  ] as const
  const connection = connectionOf(credentials, [passwords[0].variable, passwords[1].variable])
  const member = /^\w+$/.test(name) ? name : quoted(name)
  return {
    issues,
    connection,
    configuration: `import { createSageAuth, intacctXml } from "@sage-auth/core"

export default createSageAuth({
  connections: {
    ${member}: ${connection.replaceAll("\n", "\n    ")}
  }
})
`,
    passwords
  }
}

/** Writes the configuration where none is, and gives its path. */
export const writeConfiguration = async (folder: string, text: string): Promise<string> => {
  for (const name of configurationNames) {
    const file = join(folder, name)
    if (await exists(file)) {
      throw new Failure({
        message: `${file} is there already: nothing was written into it.`,
        remedy: "Leave --write out, and put the printed connection into it.",
        status: exitStatus.usage
      })
    }
  }
  const file = join(folder, "sage-auth.config.ts")
  await writeFile(file, text, { flag: "wx" })
  return file
}

const run = promisify(execFile)

/** Whether git would take a file: it is in a work tree, and tracked or not ignored. Without git there is nothing to take it. */
const isTaken = async (file: string): Promise<boolean> => {
  const git = (...args: ReadonlyArray<string>): Promise<boolean> =>
    run("git", ["-C", dirname(file), ...args]).then(
      () => true,
      () => false
    )
  if (!(await git("rev-parse", "--is-inside-work-tree"))) return inWorkTree(dirname(file))
  return (await git("ls-files", "--error-unmatch", "--", file)) || !(await git("check-ignore", "--quiet", "--", file))
}

/** Where git itself cannot be asked, a folder of its own says so. */
const inWorkTree = async (folder: string): Promise<boolean> => {
  if (await exists(join(folder, ".git"))) return true
  const above = dirname(folder)
  return above !== folder && inWorkTree(above)
}

/** As `process.loadEnvFile` reads it: between quotes that the value does not have, and on one line. */
const assignment = ({ value, variable }: Password): string => {
  const quote = ["'", '"', "`"].find((each) => !value.includes(each) && !(each === '"' && value.includes("\\")))
  if (quote === undefined || /[\r\n]/.test(value)) {
    throw new Failure({
      message: `The value of ${variable} cannot stand in a file of variables: it has line ends, or every kind of quote.`,
      remedy: `Set ${variable} in the environment itself.`,
      status: exitStatus.failed
    })
  }
  return `${variable}=${quote}${value}${quote}`
}

/** Writes passwords into a file that git does not take, readable by its owner alone. */
export const writePasswords = async (
  folder: string,
  name: string,
  passwords: ReadonlyArray<Password>
): Promise<void> => {
  const file = resolve(folder, name)
  if (await isTaken(file)) {
    throw new Failure({
      message: `Git would take ${file}: no password was written.`,
      remedy: `Add ${name} to .gitignore, or name a file outside of the repository.`,
      status: exitStatus.usage
    })
  }
  const isThere = await exists(file)
  const before = isThere ? await readFile(file, "utf8") : ""
  const known = passwords.find(({ variable }) => new RegExp(`^\\s*(?:export\\s+)?${variable}\\s*=`, "m").test(before))
  if (known !== undefined) {
    throw new Failure({
      message: `${file} has ${known.variable} already: nothing was written into it.`,
      remedy: "Take it out, or name another --env-file.",
      status: exitStatus.usage
    })
  }
  const lines = passwords.map(assignment)
  const start = before === "" || before.endsWith("\n") ? "" : "\n"
  // before the passwords are in it
  if (isThere) await chmod(file, 0o600)
  await appendFile(file, `${start}${lines.join("\n")}\n`, { mode: 0o600 })
}
