import { BadGatewayException } from "@nestjs/common"

/** Injects the {@link Sender}. */
export const SENDER: unique symbol = Symbol("Sender")

/** The Web Services developer licence, which every request of the XML API needs. */
export interface Sender {
  readonly id: string
  readonly password: string
}

/** Stands for any client of the XML API that takes a session. It counts the customers that the session may see. */
export const countCustomers = async (
  { endpoint, sessionId }: { readonly endpoint: string; readonly sessionId: string },
  { id, password }: Sender
): Promise<number> => {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0" encoding="utf-8"?>
<request>
  <control>
    <senderid>${escape(id)}</senderid><password>${escape(password)}</password>
    <controlid>other-client</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion>
  </control>
  <operation>
    <authentication><sessionid>${escape(sessionId)}</sessionid></authentication>
    <content><function controlid="1"><readByQuery>
      <object>CUSTOMER</object><fields>CUSTOMERID</fields><query></query><pagesize>1</pagesize>
    </readByQuery></function></content>
  </operation>
</request>`
  })
  const total = /\btotalcount="(\d+)"/.exec(await answer.text())?.[1]
  if (total === undefined) throw new BadGatewayException("Intacct's XML API gave no customers")
  return Number(total)
}

const escape = (text: string): string => text.replace(/[&<>]/g, (character) => `&#${character.codePointAt(0)};`)
