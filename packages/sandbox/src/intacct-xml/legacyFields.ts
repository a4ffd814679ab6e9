/** What an element of an older function is about. */
export type LegacyField =
  /** Text for a field of the record. */
  | { readonly kind: "field"; readonly to: string }
  /** Year, month and day for a field of the record. */
  | { readonly kind: "date"; readonly to: string }
  /** Elements of its own. */
  | { readonly kind: "inside"; readonly fields: LegacyFields }
  /** Fields that the company has defined itself. */
  | { readonly kind: "custom" }
  /** The lines of a document. */
  | { readonly kind: "lines" }
  /** Files: what a `supdoc` holds. */
  | { readonly kind: "attachments" }
  /** Something that Intacct has and the sandbox does not. */
  | { readonly kind: "not played" }

/** Elements by name. */
export type LegacyFields = Readonly<Record<string, LegacyField>>

/** Elements whose names are those of the record's fields in small letters. */
const plain = (names: string, prefix = ""): LegacyFields =>
  Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, { kind: "field", to: `${prefix}${name.toUpperCase()}` }])
  )

const to = (field: string): LegacyField => ({ kind: "field", to: field })
const date = (field: string): LegacyField => ({ kind: "date", to: field })
const inside = (fields: LegacyFields): LegacyField => ({ kind: "inside", fields })
const unplayed: LegacyField = { kind: "not played" }
const custom: LegacyField = { kind: "custom" }
const lines: LegacyField = { kind: "lines" }

const newContact = {
  ...plain(
    `contactname printas companyname taxable taxgroup taxsolutionid taxschedule prefix firstname lastname initial phone1
     phone2 cellphone pager fax email1 email2 url1 url2 status taxid`,
    "DISPLAYCONTACT."
  ),
  mailaddress: inside(
    plain(
      "address1 address2 address3 city state zip country isocountrycode latitude longitude",
      "DISPLAYCONTACT.MAILADDRESS."
    )
  )
}

const contactOf = (field: string): LegacyField => inside({ contactname: to(`${field}.CONTACTNAME`), contact: unplayed })

const party: LegacyFields = {
  ...plain(
    `name parentid termname taxid creditlimit retainagepercentage accountlabel glaccountno glgroup onhold comments
     status currency supdocid offsetglaccountno externalid`
  ),
  primary: inside({ contactname: to("CONTACTINFO.CONTACTNAME"), contact: unplayed }),
  contactinfo: inside({ contact: inside(newContact), contactname: to("DISPLAYCONTACT.CONTACTNAME") }),
  contactlist: unplayed,
  visibility: unplayed,
  customfields: custom
}

/** Of `create_customer` and `update_customer`. */
export const customerFields: LegacyFields = {
  ...party,
  ...plain("customerid custrepid shippingmethod custtype territoryid resaleno vsoepricelist"),
  deliveryoptions: inside({ deliveryoption: to("DELIVERYOPTIONS") }),
  billto: contactOf("BILLTO"),
  shipto: contactOf("SHIPTO")
}

/** Of `create_vendor` and `update_vendor`. */
export const vendorFields: LegacyFields = {
  ...party,
  ...plain(
    `vendorid vendtype name1099 form1099type form1099box donotcutcheck billingtype paymentpriority paymentnotify
     vendoraccountno achenabled`
  ),
  payto: contactOf("PAYTO"),
  returnto: contactOf("RETURNTO"),
  paymethod: unplayed,
  mergepaymentreq: to("MERGEPAYMENTREQ"),
  displaytermdiscount: to("DISPLAYTERMDISCOUNT"),
  displayacctnocheck: to("DISPLAYACCTNOCHECK"),
  achbankroutingnumber: to("ACHBANKROUTINGNUMBER"),
  achaccountnumber: to("ACHACCOUNTNUMBER"),
  achaccounttype: to("ACHACCOUNTTYPE"),
  achremittancetype: to("ACHREMITTANCETYPE")
}

const documentFields: LegacyFields = {
  datecreated: date("WHENCREATED"),
  dateposted: date("WHENPOSTED"),
  datedue: date("WHENDUE"),
  termname: to("TERMNAME"),
  action: to("STATE"),
  batchkey: to("PRBATCHKEY"),
  ponumber: to("DOCNUMBER"),
  onhold: to("ONHOLD"),
  description: to("DESCRIPTION"),
  externalid: to("EXTERNALID"),
  basecurr: to("BASECURR"),
  currency: to("CURRENCY"),
  exchratedate: date("EXCH_RATE_DATE"),
  exchratetype: to("EXCH_RATE_TYPE_ID"),
  exchrate: to("EXCHANGE_RATE"),
  nogl: to("NOGL"),
  supdocid: to("SUPDOCID"),
  customfields: custom
}

/** Of `create_invoice`; `update_invoice` names the two contacts `payto` and `returnto`. */
export const invoiceFields: LegacyFields = {
  ...documentFields,
  customerid: to("CUSTOMERID"),
  invoiceno: to("RECORDID"),
  billto: contactOf("BILLTO"),
  shipto: contactOf("SHIPTO"),
  payto: contactOf("BILLTO"),
  returnto: contactOf("SHIPTO")
}

/** Of `create_bill` and `update_bill`. */
export const billFields: LegacyFields = {
  ...documentFields,
  vendorid: to("VENDORID"),
  billno: to("RECORDID"),
  payto: contactOf("PAYTO"),
  returnto: contactOf("RETURNTO")
}

/** The element with the lines of each. */
export const withLines = (container: string): LegacyFields => ({ [container]: lines })

/** Of the lines of invoices and bills. */
export const lineFields: LegacyFields = {
  glaccountno: to("ACCOUNTNO"),
  accountlabel: to("ACCOUNTLABEL"),
  offsetglaccountno: to("OFFSETGLACCOUNTNO"),
  amount: to("AMOUNT"),
  allocationid: to("ALLOCATION"),
  memo: to("ENTRYDESCRIPTION"),
  item1099: to("FORM1099"),
  ...plain(
    `locationid departmentid projectid customerid vendorid employeeid itemid classid contractid warehouseid billable
     revrectemplate`
  ),
  defrevaccount: to("DEFERREDREVACCTNO"),
  revrecstartdate: date("REVRECSTARTDATE"),
  revrecenddate: date("REVRECENDDATE"),
  key: unplayed,
  totalpaid: unplayed,
  totaldue: unplayed,
  customfields: custom
}

/** Of `create_sotransaction` and `update_sotransaction`. */
export const salesFields: LegacyFields = {
  transactiontype: to("DOCPARID"),
  datecreated: date("WHENCREATED"),
  dateposted: date("WHENPOSTED"),
  createdfrom: to("CREATEDFROM"),
  customerid: to("CUSTVENDID"),
  documentno: to("DOCNO"),
  origdocdate: date("ORIGDOCDATE"),
  referenceno: to("PONUMBER"),
  termname: to("TERM.NAME"),
  datedue: date("WHENDUE"),
  message: to("MESSAGE"),
  shippingmethod: to("SHIPVIA"),
  shipto: contactOf("SHIPTO"),
  billto: contactOf("BILLTO"),
  supdocid: to("SUPDOCID"),
  externalid: to("EXTERNALID"),
  basecurr: to("BASECURR"),
  currency: to("CURRENCY"),
  exchratedate: date("EXCHRATEDATE"),
  exchratetype: to("EXCHRATETYPES.NAME"),
  exchrate: to("EXCHRATE"),
  vsoepricelist: to("VSOEPRICELIST"),
  customfields: custom,
  state: to("STATE"),
  projectid: to("PROJECT"),
  subtotals: unplayed,
  updatesubtotals: unplayed
}

/** Of its lines. */
export const salesLineFields: LegacyFields = {
  ...plain(
    `bundlenumber itemid itemdesc taxable warehouseid quantity unit discountpercent price locationid departmentid memo
     revrectemplate renewalmacro projectid customerid vendorid employeeid classid contractid taskno billingtemplate`
  ),
  discsurchargememo: to("DISCOUNT_MEMO"),
  itemdetails: unplayed,
  customfields: custom,
  revrecstartdate: date("REVRECSTARTDATE"),
  revrecenddate: date("REVRECENDDATE"),
  fulfillmentstatus: inside({ deliverystatus: to("DELIVERYSTATUS") })
}

/** Of `create_supdoc` and `update_supdoc`. */
export const attachmentFields: LegacyFields = {
  supdocid: to("SUPDOCID"),
  supdocname: to("SUPDOCNAME"),
  supdocfoldername: to("FOLDER"),
  supdocdescription: to("DESCRIPTION"),
  attachments: { kind: "attachments" }
}

/** Of `create_supdocfolder` and `update_supdocfolder`. */
export const folderFields: LegacyFields = {
  supdocfoldername: to("NAME"),
  supdocfolderdescription: to("DESCRIPTION"),
  supdocparentfoldername: to("PARENTFOLDER")
}
