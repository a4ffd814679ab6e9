// Runs the official SDK as its own documentation shows it. Takes a task as JSON on stdin, answers as JSON on stdout.
"use strict"

const { ClientConfig, Functions, OnlineClient, SessionProvider } = require("@intacct/intacct-sdk")

const read = async (config, query) => {
  const readByQuery = new Functions.Common.ReadByQuery()
  readByQuery.objectName = query.object
  readByQuery.fields = query.fields
  readByQuery.pageSize = query.pageSize
  const response = await new OnlineClient(config).execute(readByQuery)
  const result = response.getResult()
  return { status: result.status, count: result.count, totalCount: result.totalCount, data: result.data }
}

const shown = ({ companyId, endpointUrl, entityId, sessionId, sessionTimeout, userId }) => ({
  companyId,
  endpointUrl,
  entityId,
  sessionId,
  sessionTimeout,
  userId
})

const run = async ({ config: values, query, opensSession }) => {
  let config = Object.assign(new ClientConfig(), values)
  if (opensSession) config = await SessionProvider.factory(config)
  return { session: shown(config), read: await read(config, query) }
}

const main = async () => {
  let input = ""
  for await (const chunk of process.stdin) input += chunk
  try {
    process.stdout.write(JSON.stringify(await run(JSON.parse(input))))
  } catch (error) {
    process.stdout.write(JSON.stringify({ failed: { name: error.constructor.name, message: error.message } }))
  }
}

void main()
