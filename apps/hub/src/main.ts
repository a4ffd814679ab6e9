import { type Hub, openHub } from "./Hub.ts"

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken: choose another with PORT",
  EACCES: "is not for everybody: choose another with PORT",
  ERR_SOCKET_BAD_PORT: "is no port: PORT has to be a number from 0 to 65535"
}

const port = process.env["PORT"] || "7400"

const show = (hub: Hub): void => {
  console.log(`Every connection of every tenant: ${hub.url}`)
  console.log("It runs against a sandbox on this machine; nothing is sent to Sage. Ctrl+C ends it.")
  const end = (): void => {
    hub.close().then(
      () => process.exit(0),
      () => process.exit(1)
    )
  }
  process.once("SIGINT", end)
  process.once("SIGTERM", end)
}

try {
  show(await openHub({ port: Number(port) }))
} catch (error) {
  const reason = reasons[String((error as NodeJS.ErrnoException).code)]
  console.error(reason === undefined ? error : `Port ${port} ${reason}.`)
  process.exit(1)
}
