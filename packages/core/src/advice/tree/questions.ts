import { frozen } from "../Table.ts"

/** Something that has to be known before a flow can be recommended. */
export interface Question {
  /** the question, as a person is asked */
  readonly text: string
  /** its answers, by what they are called in `Answers` */
  readonly choices: Readonly<Record<string, Choice>>
}

/** One answer to a question. */
export interface Choice {
  /** the answer, as a person reads it */
  readonly text: string
  /** what speaks for it, where that is not obvious */
  readonly hint: string | undefined
}

interface WrittenQuestion {
  readonly text: string
  readonly choices: Readonly<Record<string, string | readonly [text: string, hint: string]>>
}

type Choices<Q extends WrittenQuestion> = { readonly [C in keyof Q["choices"]]: Choice }

const define = <Qs extends Readonly<Record<string, WrittenQuestion>>>(
  written: Qs
): { readonly [Q in keyof Qs]: { readonly text: string; readonly choices: Choices<Qs[Q]> } } => {
  const defined: Record<string, Question> = {}
  for (const [id, { choices, text }] of Object.entries(written)) {
    const read: Record<string, Choice> = {}
    for (const [answer, choice] of Object.entries(choices)) {
      const [words, hint] = typeof choice === "string" ? [choice, undefined] : choice
      read[answer] = { text: words, hint }
    }
    defined[id] = { text, choices: read }
  }
  return frozen(defined) as { readonly [Q in keyof Qs]: { readonly text: string; readonly choices: Choices<Qs[Q]> } }
}

/**
 * Every question of the tree, by its id.
 *
 * @category advice
 */
export const questions = /* @__PURE__ */ define({
  product: {
    text: "Which Sage product?",
    choices: {
      intacct: "Sage Intacct",
      "business-cloud": "Sage Business Cloud Accounting",
      x3: "Sage X3",
      several: "Using multiple Sage products"
    }
  },
  api: {
    text: "Which API?",
    choices: {
      rest: ["REST API (modern, OAuth 2.0)", "new objects and features come by REST only"],
      xml: ["XML API (legacy, full feature set)", "needs a paid Web Services developer licence"]
    }
  },
  calls: {
    text: "How many calls does a run make?",
    choices: {
      many: ["Production integration (repeated calls)", "one login for all of them"],
      one: ["First request or simple script", "the login goes with the one request"]
    }
  },
  actor: {
    text: "Who acts?",
    choices: {
      user: ["User-context (interactive)", "a user consents once, and calls act as that user"],
      program: ["Server-to-server (unattended)", "a Web Services user, and no human"]
    }
  },
  secret: {
    text: "Can the application keep a secret?",
    choices: {
      yes: ["Yes: it runs on a server", "the secret is on that server alone"],
      no: ["No: a mobile, desktop or single-page application", "whatever ships with it can be read out of it"]
    }
  },
  identity: {
    text: "What does the program sign in as?",
    choices: {
      username: ["A Web Services user, by name", "the usual way"],
      session: ["The session of an XML connection that it has as well", "one sign-in for both APIs"]
    }
  },
  deployment: {
    text: "Where does X3 run?",
    choices: {
      online: ["Cloud (Sage X3 Online)", "one customer's server, run by Sage"],
      "on-premise": ["On-premise", "the customer's own server"],
      "multi-tenant": ["The multi-tenant cloud, by its API gateway", "addresses such as api.eu-sagex3.com"]
    }
  },
  services: {
    text: "Does the server have Sage X3 Services, 2021 R2 or later?",
    choices: {
      yes: ["Yes: there is an /xtrem/api", "GraphQL needs them"],
      no: ["No, or an older version", "then there are REST and SOAP"]
    }
  },
  interface: {
    text: "Which API?",
    choices: {
      undecided: ["Not decided: a new integration", "GraphQL is what new integrations should use"],
      graphql: ["GraphQL", "tokens of a connected application"],
      "web-services": ["SOAP/REST", "for what GraphQL does not have"]
    }
  },
  method: {
    text: "What may the integration sign in with?",
    choices: {
      undecided: ["Not decided: a new integration", "OAuth2, which works in the cloud as well"],
      oauth2: ["Have OAuth2 IdP", "a user consents once at the customer's identity provider"],
      certificate: ["High-security, PKI", "a client certificate, on a port of its own"],
      basic: ["Simple, trusted network", "a user and password; it ends with a move to X3 Online"]
    }
  }
})

/** The id of a question. */
export type QuestionId = keyof typeof questions

/** What may be answered to a question. */
export type Answer<Q extends QuestionId = QuestionId> = Q extends QuestionId
  ? keyof (typeof questions)[Q]["choices"] & string
  : never

/** Answers by their questions; what is not known yet is left out. */
export type Answers = { readonly [Q in QuestionId]?: Answer<Q> | undefined }
