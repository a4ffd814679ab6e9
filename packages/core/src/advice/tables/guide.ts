import { table } from "../Table.ts"

const guide = (section: string) => ({ document: "guide", section }) as const

/** The authorization code at Intacct, step by step. */
export const authorizationSteps = table("rest-consent-steps", {
  title: "Intacct REST: a user's consent, step by step",
  from: guide("Authorization code grant type"),
  columns: ["Step", "What happens", "Here"],
  rows: [
    [
      "+ 1",
      "The user signs into your application and clicks a link to authorize your application to access their Sage Intacct data. @guide",
      "+ `payables.authorize({ returnTo })` gives the link and a cookie. @library"
    ],
    ["+ 2", "A Sage Intacct log in screen is displayed and the user logs in. @guide", "+ At Intacct. @library"],
    [
      "+ 3",
      "The user is prompted to grant your application access to their data and must click Accept . @guide",
      "+ At Intacct; a refusal is `intacct-rest.access-denied`. @library"
    ],
    [
      "+ 4",
      "The authentication server responds by redirecting the user to the registered callback URI with an authorization code in the query string. @guide",
      "+ Your route of `redirectUri`. @library"
    ],
    [
      "+ 5",
      "Your application captures the authorization code and uses it to request an access token. @guide",
      "+ `sage.completeAuthorization({ url, cookie, tenant })`. @library"
    ],
    [
      "+ 6",
      "Your application receives the access token and includes it in the headers of all requests to the REST API. @guide",
      "+ `payables.fetch(…)`. @library"
    ]
  ]
})

/** What each request to Intacct's OAuth 2.0 server holds. */
export const oauthParameters = table("rest-parameters", {
  title: "Intacct REST: parameters of OAuth 2.0",
  from: guide("OAuth 2.0 authorization"),
  columns: ["Parameter", "Meaning", "Request", "Here"],
  rows: [
    ["response_type", "code @guide", "+ authorize @guide", "+ always @library"],
    ["client_id", "Your application's client ID @guide", "+ authorize @guide", "+ `clientId` @library"],
    [
      "redirect_uri",
      "The redirect URI set for your application in the Sage App Registry @guide",
      "+ authorize @guide",
      "+ `redirectUri` @library"
    ],
    [
      "state",
      "A random value to use to validate the response @guide",
      "+ authorize @guide",
      "+ made, sealed and checked here @library"
    ],
    [
      "scope",
      "Use offline_access if you want to get a refresh token in addition to an access token @guide",
      "+ authorize @guide",
      "+ `scope`, default `offline_access` @library"
    ],
    [
      "+ code_challenge, code_challenge_method",
      "+ PKCE, method S256 @security",
      "+ authorize @security",
      "+ always @library"
    ],
    ["grant_type", "authorization_code @guide", "+ token, for a code @guide", "+ always @library"],
    [
      "code",
      "The authorization code from the previous response @guide",
      "+ token, for a code @guide",
      "+ from the callback @library"
    ],
    [
      "redirect_uri",
      "The redirect URI set for your application in the Sage App Registry @guide",
      "+ token, for a code @guide",
      "+ `redirectUri` @library"
    ],
    ["client_id", "Your application's client ID @guide", "+ token, for a code @guide", "+ `clientId` @library"],
    [
      "client_secret",
      "Your application's client secret @guide",
      "+ token, for a code @guide",
      "+ `clientSecret` @library"
    ],
    ["+ code_verifier", "+ PKCE @security", "+ token, for a code @security", "+ always @library"],
    ["grant_type", "refresh_token @guide", "+ token, for a renewal @guide", "+ always @library"],
    [
      "refresh_token",
      "The refresh token from the previous response @guide",
      "+ token, for a renewal @guide",
      "+ from the grant store @library"
    ],
    ["client_id", "Your application's client ID @guide", "+ token, for a renewal @guide", "+ `clientId` @library"],
    [
      "client_secret",
      "Your application's client secret @guide",
      "+ token, for a renewal @guide",
      "+ `clientSecret` @library"
    ],
    [
      "entity_id",
      "(optional) The ID of the entity that you want the user to have access to. Default is a top-level access token. // another sample of the same guide calls it `location_id` @guide",
      "+ token, for a renewal @guide",
      "+ `entity(id, { token: true })`; `entityParameter` chooses the name @library"
    ],
    ["grant_type", "client_credentials @guide", "+ token, without a human @guide", "+ always @library"],
    ["client_id", "Your application's client ID @guide", "+ token, without a human @guide", "+ `clientId` @library"],
    [
      "client_secret",
      "Your application's client secret @guide",
      "+ token, without a human @guide",
      "+ `clientSecret` @library"
    ],
    [
      "username",
      "(optional) User ID to log in as, in userId@companyId|entityId format. Required if not using session_id. @guide",
      "+ token, without a human @guide",
      "+ `username` @library"
    ],
    [
      "session_id",
      "(optional) Valid UI or API session ID. Required if not using username. @guide",
      "+ token, without a human @guide",
      "+ `sessionId`, or `session`: the connection that has one @library"
    ]
  ]
})

/** What an administrator sets up for client credentials at Intacct. */
export const clientCredentialsSetup = table("rest-client-setup", {
  title: "Intacct REST: set-up for client credentials",
  from: guide("Client credentials grant type"),
  columns: ["Step", "What to do"],
  rows: [
    ["+ 1", "Create a Web Services user: @guide"],
    ["+ 1a", "If you already have a Web Services user defined for your integration, you can skip this step. @guide"],
    ["+ 1b", "Log in to your company and navigate to Company > Admin > Web Services Users > Add . @guide"],
    ["+ 1c", "Create a new Web Services user and assign the necessary permissions or role. @guide"],
    ["+ 2", "Authorize the client application: @guide"],
    [
      "+ 2a",
      "Navigate to Company > Setup > Company > [Edit] > Security > Authorized Client Applications > Add . @guide"
    ],
    ["+ 2b", "Enter the Client ID for your application. @guide"],
    [
      "+ 2c",
      "Enter the Web Services User ID created in step 1. This field is case-sensitive, so ensure you enter it exactly as it was created. @guide"
    ]
  ]
})

/** Entities of an Intacct company by REST. */
export const entityAccess = table("rest-entities", {
  title: "Intacct REST: entities",
  from: guide("Entity-level access"),
  columns: ["Way", "How", "Here"],
  rows: [
    [
      "Send a single request to a sub-entity",
      "To access records owned by a sub-entity within the multi-entity company structure, use the X-IA-API-Param-Entity header to specify the entity context, for example Central Region: @guide",
      '+ `vendors.entity("Central Region").fetch(…)` @library'
    ],
    [
      "Change to a sub-entity access token",
      "You can also switch from a top-level access token to a sub-entity access token. This allows you to utilize the new access token in subsequent REST API calls for creating and retrieving sub-entity records. To obtain the sub-entity token, use the location_id parameter in the Refresh token request: // its own table of parameters calls it `entity_id`; both are documented @guide",
      '+ `vendors.entity("Central Region", { token: true })`; `entityParameter`: "entity_id", "location_id" or "both" @library'
    ],
    [
      "+ A username with an entity",
      "+ `Admin@oauth2_main2|Central Region` @guide",
      '+ `username: "Admin@oauth2_main2|Central Region"` @library'
    ]
  ]
})

/** Trying a consent at Intacct on a machine of one's own. */
export const localTesting = table("rest-local-testing", {
  title: "Intacct REST: testing a consent",
  from: guide("Test your OAuth 2.0 integration"),
  columns: ["Where", "What is needed"],
  rows: [
    ["+ locally", "Self-signed SSL certificate - Required for HTTPS communication. @guide"],
    [
      "+ locally",
      "Hosts file update - Map a custom domain (e.g., mycustomdomain.com ) to localhost . // https://127.0.0.1 is taken as well, says one project; `localhost` is not @guide"
    ],
    [
      "+ locally",
      "Sage app registry - Add the custom domain to your application's callback URI list. See the Get API keys topic for more details. @guide"
    ],
    ["+ on a domain", "Valid SSL certificate - Ensure your domain has a valid SSL certificate. @guide"],
    ["+ on a domain", "Domain configuration - Set up the domain and ensure it points to your server. @guide"],
    ["+ on a domain", "Sage app registry - Add the production domain to your application's callback URI list. @guide"],
    [
      "+ step 1",
      "Implement the OAuth 2.0 authorization flow. // here `payables.authorize({ returnTo })`, with a random `state` and PKCE @guide"
    ],
    [
      "+ step 1",
      "This script generates an authorization URL and provides a link for obtaining an access token ( auth_flow_sample.php). @guide"
    ],
    [
      "+ step 2",
      "Handle the OAuth 2.0 callback and token exchange. // here `sage.completeAuthorization({ url, cookie })` @guide"
    ],
    [
      "+ step 2",
      "This script handles the OAuth 2.0 callback and exchanges the authorization code for an access token (callback.php). @guide"
    ],
    [
      "+ step 3",
      "Exchange the refresh token for a new access token. // here done before a call needs it, and `entity(id, { token: true })` for an entity @guide"
    ],
    [
      "+ step 3",
      "This script exchanges a refresh token for a new access token. Optionally, you can include an entity_id parameter to retrieve an entity-level access token (exchange_token.php). @guide"
    ],
    ["+ sample", "auth_flow_sample.php // its `state` is a constant: make a random one for each consent @guide"],
    [
      "+ sample",
      "callback.php // it switches the verification of certificates off and prints the token: do neither @guide"
    ],
    ["+ sample", "exchange_token.php // it takes the refresh token from an address: keep it on the server @guide"],
    ["+ without Sage", "+ The sandbox: `startSandbox()` of @sage-auth/sandbox. @library"]
  ]
})
