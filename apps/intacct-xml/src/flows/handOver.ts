import type { IntacctXmlClient } from "@sage-auth/core"
import type { Print } from "../reading.ts"

/** Who made the other client: it sends its own sender. */
export interface OtherSender {
  readonly id: string
  readonly password: string
}

/** Gives the session to another XML client, here `fetch`. What that sends is outside of pool and meter. */
export const handOver = async (
  ledger: IntacctXmlClient,
  print: Print,
  sender: OtherSender | undefined
): Promise<void> => {
  if (sender === undefined) return print("hand-over: left out, it needs the sender in variables")
  const { endpoint, sessionId } = await ledger.session()
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/xml" },
    body: documentOf(sender, `<sessionid>${escape(sessionId)}</sessionid>`)
  })
  print(`hand-over: another client read ${countIn(await answer.text())} x CUSTOMER with this session`)
}

/** Sends what another client wrote, inside of pool and meter. The sender and session in it are replaced by ours. */
export const relay = async (ledger: IntacctXmlClient, print: Print): Promise<void> => {
  const written = documentOf({ id: "its own", password: "its own" }, "<sessionid>its own</sessionid>")
  const { body } = await ledger.relay(written)
  print(`relay: the document of another client read ${countIn(body)} x CUSTOMER`)
}

const countIn = (answer: string): string => /<data [^>]*\bcount="(\d+)"/.exec(answer)?.[1] ?? "no"

const escape = (text: string): string => text.replace(/[&<>]/g, (character) => `&#${character.codePointAt(0)};`)

const documentOf = ({ id, password }: OtherSender, authentication: string): string =>
  `<?xml version="1.0" encoding="utf-8"?>
<request>
  <control>
    <senderid>${escape(id)}</senderid><password>${escape(password)}</password>
    <controlid>other-client</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion>
  </control>
  <operation>
    <authentication>${authentication}</authentication>
    <content><function controlid="1"><readByQuery>
      <object>CUSTOMER</object><fields>CUSTOMERID</fields><query></query><pagesize>5</pagesize>
    </readByQuery></function></content>
  </operation>
</request>`
