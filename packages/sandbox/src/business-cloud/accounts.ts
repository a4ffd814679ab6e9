/** An application that is registered with Sage. */
export interface BusinessCloudClient {
  /** As Sage issued it. */
  readonly clientId: string
  /** As Sage issued it. */
  readonly clientSecret: string
  /** The callback that it registered. */
  readonly redirectUri: string
}

/** A business as the accounts show it. */
export interface BusinessAccount {
  /** What the header `X-Business` takes. */
  readonly id: string
  /** As `GET /businesses` shows it. */
  readonly name: string
}

/** A user who can sign in. */
export interface BusinessCloudUser {
  /** What the user signs in with. */
  readonly email: string
  /** What the user signs in with. */
  readonly password: string
  /** Where the user's businesses are. */
  readonly country: "GB" | "CA" | "IE"
  /** The businesses that the user sees, the lead business first. */
  readonly businesses: readonly [BusinessAccount, ...Array<BusinessAccount>]
}

/** The seeded accounts of Business Cloud Accounting, as plain values for any client. */
export interface BusinessCloudAccounts {
  /** The application that `connections()` uses. */
  readonly client: BusinessCloudClient
  /** A second application. */
  readonly otherClient: BusinessCloudClient
  /** A user in the United Kingdom with three businesses. */
  readonly user: BusinessCloudUser
  /** A user in Canada with a business of their own: a second tenant. */
  readonly second: BusinessCloudUser
  /** A user who sees a business of the first and may read there, and not write. */
  readonly reader: BusinessCloudUser
  /** A user who may do nothing in a business of the first: every call is a 403. */
  readonly outsider: BusinessCloudUser
  /** A user whose only business has no active subscription. */
  readonly lapsed: BusinessCloudUser
  /** What version 3 wants beside an access token. */
  readonly v3: { readonly subscriptionId: string; readonly resourceOwnerId: string }
}

const redirectUri = "https://app.example/sage/callback/books"

const harbour = { id: "0d40342d0287cd6b13555c54afca6c90", name: "Harbour Coffee Ltd" }
const lantern = { id: "7be25f9c41d84a0693ce1f70b8d2a45e", name: "Lantern Books Ltd" }
const orchard = { id: "c3917a60e5f24bd8a1067d2f94b8e35c", name: "Orchard Rooms Ltd" }
const maple = { id: "58f0c7d2b61e4a93970d8e3b2cf4a716", name: "Maple Hardware Inc." }
const dormant = { id: "e60a9b35d7c14f8e82b36af95d01c74b", name: "Dormant Trading Ltd" }

/** The accounts that every sandbox starts with. */
export const accounts: BusinessCloudAccounts = {
  client: {
    clientId: "3f7d92a1-6c05-4e8b-b1d4-58a07c93e6f2/8b14e0d7-93af-4c52-a6e8-0d71f5c2b946",
    clientSecret: "bcSecret-Jx8vRm4tWq2zKe6p",
    redirectUri
  },
  otherClient: {
    clientId: "91c4e8b0-27f6-4d3a-85be-f60a1d94c73e/2da75f13-c80e-4b96-97d1-e4b83a06fc58",
    clientSecret: "bcOther-Hd3nYs7cLg5fTw9u",
    redirectUri
  },
  user: {
    email: "ada@harbour.example",
    password: "ada-Pz6kVb3xNq8r",
    country: "GB",
    businesses: [harbour, lantern, orchard]
  },
  second: { email: "marc@maple.example", password: "marc-Gt5wLc9jDf2h", country: "CA", businesses: [maple] },
  reader: { email: "ravi@lantern.example", password: "ravi-Qm7sXe4vBk3y", country: "GB", businesses: [lantern] },
  outsider: { email: "otto@orchard.example", password: "otto-Cn9aHr6zUd5p", country: "GB", businesses: [orchard] },
  lapsed: { email: "lena@dormant.example", password: "lena-Wf2eTj8mGs6k", country: "GB", businesses: [dormant] },
  v3: { subscriptionId: "a71d5e0c94f34b28b6d07e2c81f9a350", resourceOwnerId: "d4096bf2713e4c8fa5b18c03e7f6d92a" }
}
