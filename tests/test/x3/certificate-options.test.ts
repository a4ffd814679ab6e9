import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { inspect } from "node:util"
import { Redacted } from "effect"
import { assert, describe, it } from "vitest"
import { certificateIssues } from "../../../packages/core/src/x3/credentialOptions.ts"
import { foreignAuthority, ownAuthority } from "../../../packages/sandbox/src/x3/certificates.ts"
import { formsOf } from "../../src/canary.ts"
import { temporaryDirectory } from "../../src/grants/temporary.ts"

const day = 24 * 60 * 60_000
const passphrase = "hünter2 & <the> \"canary\" 'of' passphrases"
const authority = await ownAuthority()
const good = await authority.issueClient({ commonName: "ADMIN", passphrase })
const other = await (await foreignAuthority()).issueClient({ commonName: "ADMIN" })
const at = "connections.erp.auth"

/** The options at fault, each with the beginning of what would be right. */
const issues = (options: unknown, now = Date.now()) =>
  certificateIssues(options, at, now).map(({ expected, option }) => [option.slice(at.length + 1), expected] as const)

/** Every issue, a line each; none shows a secret. */
const said = (options: unknown, now?: number): string => {
  const found = issues(options, now)
  const shown = inspect(found) + JSON.stringify(found)
  for (const secret of [passphrase, ...good.key.split("\n").filter((line) => !line.startsWith("-"))]) {
    for (const form of secret === "" ? [] : formsOf(secret)) assert.notInclude(shown, form)
  }
  return found.map(([option, expected]) => `${option}: ${expected}`).join("\n")
}

const file = (content: string | Uint8Array): URL => {
  const path = join(temporaryDirectory(), "file")
  writeFileSync(path, content)
  return pathToFileURL(path)
}

describe("x3.certificate's options, when the configuration is read", () => {
  it("take a PKCS #12 file and a pair of PEM, as content and as files, encrypted or not", () => {
    const { cert, encryptedKey, key, pfx } = good
    for (const options of [
      { pfx, passphrase },
      { pfx: Buffer.from(pfx), passphrase: Redacted.make(passphrase) },
      { pfx: file(pfx), passphrase },
      { cert, key },
      { cert, key: Redacted.make(key) },
      { cert, key: encryptedKey, passphrase },
      { cert: file(cert), key: file(encryptedKey), passphrase: Redacted.make(passphrase) },
      // the chain behind the certificate
      { cert: cert + authority.certificate, key },
      { pfx, passphrase, ca: authority.certificate },
      { cert, key, ca: file(authority.certificate) },
      { cert: file(cert).href, key: file(key).href }
    ]) {
      assert.deepStrictEqual(issues(options), [])
    }
  })

  it("are checked when they were asked, where they are a function", () => {
    assert.deepStrictEqual(
      issues(() => ({})),
      []
    )
  })

  it("name what is missing or too much", () => {
    const { cert, key, pfx } = good
    assert.deepStrictEqual(
      issues({}).map(([name]) => name),
      ["cert", "key"]
    )
    assert.match(said({ cert }), /^key: .*private key in PEM.*$/)
    assert.match(said({ pfx, passphrase, key }), /^key: .*left out beside pfx.*$/)
    assert.match(said({ pfx, passphrase: "" }), /^passphrase: .*non-empty.*$/)
    assert.match(said({ pfx: "Zm9v" }), /^pfx: .*PKCS #12.*$/)
    assert.match(said({ pfx, pasphrase: passphrase }), /^pasphrase: .*did you mean passphrase.*$/)
    assert.match(said({ cert, key, ca: "foo" }), /^ca: .*PEM text.*$/)
    assert.match(said("foo"), /^: .*pfx, passphrase.*$/)
  })

  it("tell a wrong passphrase of a PKCS #12 file from none and from another file", () => {
    const { cert, pfx } = good
    assert.match(said({ pfx, passphrase: "wrong" }), /^passphrase: .*that pfx was made with.*$/)
    assert.match(said({ pfx }), /^passphrase: .*of pfx, which has one.*$/)
    assert.match(said({ pfx: Buffer.from(cert), passphrase }), /^pfx: .*this is none, or not a whole one.*$/)
    assert.match(said({ pfx: new Uint8Array(), passphrase }), /^pfx: .*this is none.*$/)
    assert.match(said({ pfx: pfx.subarray(0, 200), passphrase }), /^pfx: .*not a whole one.*$/)
  })

  it("tell a wrong passphrase of a key from none, and a key of another certificate", () => {
    const { cert, encryptedKey } = good
    assert.match(said({ cert, key: encryptedKey }), /^passphrase: .*of key, which is encrypted.*$/)
    assert.match(
      said({ cert, key: encryptedKey, passphrase: "wrong" }),
      /^passphrase: .*that key was encrypted with.*$/
    )
    assert.match(said({ cert, key: other.key }), /^key: .*belongs to another.*$/)
    assert.match(said({ cert, key: "foo" }), /^key: .*private key in PEM.*$/)
    assert.match(said({ cert, key: cert }), /^key: .*private key in PEM.*$/)
    assert.match(said({ cert, key: good.key.slice(0, -60) }), /^key: .*private key in PEM.*$/)
    assert.match(said({ cert: "foo", key: good.key }), /^cert: .*-----BEGIN CERTIFICATE-----.*$/)
    const torn = cert + authority.certificate.slice(0, 200)
    assert.match(said({ cert: torn, key: good.key }), /^cert: .*the chain included.*$/)
  })

  it("name every file that cannot be read, and why", () => {
    const missing = new URL("missing", file(""))
    const directory = join(temporaryDirectory(), "directory")
    mkdirSync(directory)
    assert.match(said({ pfx: missing, passphrase }), /^pfx: .*there is none under this URL.*$/)
    assert.match(said({ pfx: pathToFileURL(directory), passphrase }), /^pfx: .*there is a directory.*$/)
    assert.match(said({ cert: file("foo"), key: good.key }), /^cert: .*certificate that can be read.*$/)
    assert.match(said({ cert: good.cert, key: good.key, ca: missing }), /^ca: .*there is none.*$/)
    assert.match(said({ cert: good.cert, key: good.key, ca: file("foo") }), /^ca: .*certificate that can be read.*$/)
    assert.deepStrictEqual(
      issues({ cert: missing, key: missing, ca: missing }).map(([name]) => name),
      ["cert", "key", "ca"]
    )
  })

  it("know when a certificate has ended or not begun, by the application's clock", async () => {
    const now = Date.now()
    const { cert, key, notAfter, notBefore, pfx } = good
    for (const [options, name] of [
      [{ cert, key }, "cert"],
      [{ pfx, passphrase }, "pfx"]
    ] as const) {
      assert.deepStrictEqual(issues(options, notAfter.getTime()), [])
      assert.match(said(options, notAfter.getTime() + 1), new RegExp(`^${name}: .*this one ended on 20\\d\\d-`))
      assert.match(
        said(options, notBefore.getTime() - 1),
        new RegExp(`^${name}: .*this one begins on 20\\d\\d-.*check the clock`)
      )
    }
    const ended = await authority.issueClient({
      commonName: "ADMIN",
      passphrase,
      notBefore: new Date(now - 2 * day),
      notAfter: new Date(now - day)
    })
    assert.match(said({ pfx: ended.pfx, passphrase }), /^pfx: .*this one ended.*$/)
    const coming = await authority.issueClient({ commonName: "ADMIN", notBefore: new Date(now + day) })
    assert.match(said({ cert: coming.cert, key: coming.key }), /^cert: .*this one begins.*$/)
  })

  it("refuse a certificate that is for servers", async () => {
    const { cert, key } = await authority.issueServer()
    assert.match(said({ cert, key }), /^cert: .*for client authentication.*$/)
  })

  it("never throw, whatever they are", () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error(passphrase)
        },
        has: () => {
          throw new Error(passphrase)
        }
      }
    )
    for (const options of [undefined, null, 1, [], new Date(), hostile]) {
      assert.isNotEmpty(issues(options), inspect(typeof options))
    }
  })
})

/** What the command `openssl` writes to the file `out`, with the good certificate and key beside it. */
const openssl = (...args: ReadonlyArray<string>) => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, "cert.pem"), good.cert)
  writeFileSync(join(directory, "key.pem"), good.key)
  execFileSync("openssl", args, { cwd: directory, stdio: "pipe" })
  return readFileSync(join(directory, "out"))
}

const exported = (...args: ReadonlyArray<string>) =>
  openssl("pkcs12", "-export", ...args, "-passout", "pass:secret", "-out", "out")

describe.skipIf(spawnSync("openssl", ["version"]).status !== 0)(
  "x3.certificate's options with files of openssl (skipped without that command)",
  () => {
    const withLegacy = ["-provider", "legacy", "-provider", "default"]
    const pair = ["-in", "cert.pem", "-inkey", "key.pem"]

    it("take what the page of Sage's has openssl make", () => {
      assert.deepStrictEqual(issues({ pfx: exported(...pair), passphrase: "secret" }), [])
    })

    it("explain outdated encryption, and how to get rid of it", () => {
      const legacy = exported(...pair, "-legacy")
      assert.match(said({ pfx: legacy, passphrase: "secret" }), /^pfx: .*RC2.*openssl pkcs12 -legacy.*$/)
      assert.match(said({ pfx: legacy, passphrase: "wrong" }), /^passphrase: .*that pfx was made with.*$/)
      const des = openssl(..."ec -in key.pem -des -passout pass:secret -out out".split(" "), ...withLegacy)
      assert.match(
        said({ cert: good.cert, key: des.toString(), passphrase: "secret" }),
        /^key: .*outdated encryption.*$/
      )
    })

    it("say what a PKCS #12 file lacks", () => {
      const passphrase = "secret"
      assert.match(
        said({ pfx: exported("-nokeys", "-in", "cert.pem"), passphrase }),
        /^pfx: .*with the private key in it.*$/
      )
      assert.match(
        said({ pfx: exported("-nocerts", "-inkey", "key.pem"), passphrase }),
        /^pfx: .*with the certificate in it.*$/
      )
    })

    it("say that a key is too weak", () => {
      const weak = join(temporaryDirectory(), "weak")
      const request = "req -x509 -newkey rsa:1024 -nodes -days 1 -subj /CN=ADMIN".split(" ")
      execFileSync("openssl", [...request, "-keyout", `${weak}.key`, "-out", `${weak}.pem`], { stdio: "pipe" })
      const options = { cert: pathToFileURL(`${weak}.pem`), key: pathToFileURL(`${weak}.key`) }
      assert.match(said(options), /^cert: .*2048 bits or more.*$/)
    })
  }
)
