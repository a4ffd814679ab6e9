/** How long a user has for login and consent, in milliseconds. */
export const transactionLife = 10 * 60_000
