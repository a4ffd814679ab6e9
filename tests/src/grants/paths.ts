/** What is called through each connection of the sandbox that has grants. */
export const paths = {
  books: "contacts",
  payables: "objects/accounts-payable/vendor",
  vendors: "objects/accounts-payable/vendor",
  bridge: "objects/accounts-payable/vendor",
  erpSso: "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&count=1",
  gateway: "folders"
} as const
