import sdk from "@intacct/intacct-sdk"
import type { Accounts } from "../accounts.ts"
import { answerTasks } from "../answerTasks.ts"
import { underIntacctsName } from "../intacctOnLoopback.ts"
import { type Load, load, type LoadOptions } from "../load.ts"

const { ClientConfig, Functions, OnlineClient, SessionProvider, Xml } = sdk

let opened: InstanceType<typeof OnlineClient> | undefined

const client = (): InstanceType<typeof OnlineClient> => {
  if (opened === undefined) throw new Error("open comes first")
  return opened
}

const tasks = {
  open: async ({ login, sender, url }: Accounts): Promise<void> => {
    const config = Object.assign(new ClientConfig(), {
      senderId: sender.id,
      senderPassword: sender.password,
      companyId: login.companyId,
      userId: login.userId,
      userPassword: login.password,
      endpointUrl: underIntacctsName(url)
    })
    opened = new OnlineClient(await SessionProvider.factory(config))
  },
  load: ({ pageSize, ...options }: { readonly pageSize: number } & LoadOptions): Promise<Load> =>
    load(async () => {
      const readByQuery = new Functions.Common.ReadByQuery()
      readByQuery.objectName = "VENDOR"
      readByQuery.fields = ["*"]
      readByQuery.pageSize = pageSize
      return (await client().execute(readByQuery)).getResult().data
    }, options),
  /** time from an answer's text to its records alone, in milliseconds for each answer */
  parse: ({ answers, text }: { readonly answers: number; readonly text: string }): number => {
    const start = performance.now()
    for (let index = 0; index < answers; index++) {
      if (new Xml.OnlineResponse(text).getResult().data.length === 0) throw new Error("the answer has no records")
    }
    return (performance.now() - start) / answers
  }
}

/** The official SDK as its own documentation shows it: the session is opened once, the client kept. */
export type OfficialSdk = typeof tasks

answerTasks(tasks)
