/** The kinds of values that fields have, in the words of `lookup`. */
export type FieldKind = "TEXT" | "INTEGER" | "DECIMAL" | "CURRENCY" | "DATE" | "TIMESTAMP" | "BOOLEAN"

/** How one record points to another one. */
export interface Relation {
  /** The object that it points to. */
  readonly object: string
  /** The field of this object that names the other record. */
  readonly by: string
  /** The field of the other object that it is the value of. Default the other's key. */
  readonly matches?: string | undefined
}

/** What is known of an object type. */
export interface ObjectType {
  /** The integration name, as answers spell it. */
  readonly name: string
  /** The words used for it in messages. */
  readonly label: string
  /** The field that names a record beside its number. */
  readonly key: string
  /** The field with the number of a record: `RECORDNO`, with custom objects `id`. */
  readonly number: string
  /** What `*` stands for. */
  readonly fields: ReadonlyArray<string>
  /** Further fields, which `*` gives for the records that have a value of theirs. */
  readonly more: ReadonlyArray<string>
  readonly kinds: Readonly<Record<string, FieldKind>>
  readonly validValues: Readonly<Record<string, ReadonlyArray<string>>>
  /** What `create` insists on; undefined for a type that is set up in Intacct's own pages and only read here. */
  readonly required: ReadonlyArray<string> | undefined
  /** Related records by the path that leads to them. */
  readonly relations: Readonly<Record<string, Relation>>
  readonly custom: boolean
  /** What `get_list` calls it; undefined when it does not list it. */
  readonly listed: string | undefined
  /** The lines of a document: the element around them, the object that they are, the field that names the document. */
  readonly lines: { readonly container: string; readonly object: string; readonly by: string } | undefined
}

/** The fields that Intacct fills in by itself. */
export const ownedFields: ReadonlyArray<string> = ["WHENMODIFIED", "MEGAENTITYID", "MEGAENTITYNAME"]

const names = (text: string): ReadonlyArray<string> => text.trim().split(/\s+/)

const kindsByName: ReadonlyArray<readonly [FieldKind, RegExp]> = [
  ["INTEGER", /^(?:RECORDNO|RECORDKEY|DOCHDRNO|LINE_NO|id)$/],
  ["CURRENCY", /(?:^TOTAL|^SUBTOTAL$|AMOUNT$|^PRICE$|CREDITLIMIT$|^cost$)/],
  ["DECIMAL", /^(?:QUANTITY|RETAINAGEPERCENTAGE|EXCHRATE|DISCOUNTPERCENT)$/],
  ["TIMESTAMP", /^(?:WHENMODIFIED|createdAt|updatedAt)$/],
  ["DATE", /^(?:WHEN\w+|\w+DATE)$/],
  [
    "BOOLEAN",
    /^(?:ONHOLD|ONETIME|NOGL|BILLABLE|TAXABLE|ACHENABLED|HIDEDISPLAYCONTACT|DONOTCUTCHECK|DISPLAYCONTACT\.TAXABLE)$/
  ]
]

/** The kind of a field. */
export const kindOf = (type: ObjectType, field: string): FieldKind =>
  type.kinds[field] ?? kindsByName.find(([, pattern]) => pattern.test(field))?.[0] ?? "TEXT"

const canonical = new WeakMap<ObjectType, ReadonlyMap<string, string>>()

/** A field of the type in the spelling that records have; Intacct does not tell small from capital letters there. */
export const fieldNamed = (type: ObjectType, name: string): string | undefined => {
  let spellings = canonical.get(type)
  if (spellings === undefined) {
    spellings = new Map([...type.more, ...type.fields].map((field) => [field.toUpperCase(), field]))
    canonical.set(type, spellings)
  }
  return spellings.get(name.trim().toUpperCase())
}

/** The path of a relation of the type in its own spelling. */
export const relationNamed = (type: ObjectType, path: string): string | undefined =>
  Object.keys(type.relations).find((each) => each.toUpperCase() === path.toUpperCase())

type Given = Pick<ObjectType, "name" | "label" | "key" | "fields"> &
  Partial<Omit<ObjectType, "name" | "label" | "key" | "fields">>

/** A type with everything that is mostly the same filled in. */
export const objectType = (given: Given): ObjectType => ({
  number: "RECORDNO",
  more: [],
  kinds: {},
  validValues: {},
  required: undefined,
  relations: {},
  custom: false,
  listed: undefined,
  lines: undefined,
  ...given
})

const contactNames = names(`
  CONTACTNAME PRINTAS COMPANYNAME TAXABLE TAXGROUP TAXSOLUTIONID TAXSCHEDULE PREFIX FIRSTNAME LASTNAME INITIAL PHONE1
  PHONE2 CELLPHONE PAGER FAX EMAIL2 URL1 URL2 STATUS TAXID MAILADDRESS.ADDRESS1 MAILADDRESS.ADDRESS2
  MAILADDRESS.ADDRESS3 MAILADDRESS.CITY MAILADDRESS.STATE MAILADDRESS.ZIP MAILADDRESS.COUNTRY MAILADDRESS.COUNTRYCODE
  MAILADDRESS.ISOCOUNTRYCODE MAILADDRESS.LATITUDE MAILADDRESS.LONGITUDE
`)

const partyMore = [
  ...contactNames.map((name) => `DISPLAYCONTACT.${name}`),
  ...names(`
    ONETIME HIDEDISPLAYCONTACT PARENTID GLGROUP SUPDOCID CREDITLIMIT ONHOLD COMMENTS TAXID CONTACTINFO.CONTACTNAME
    OBJECTRESTRICTION RESTRICTEDLOCATIONS RESTRICTEDDEPARTMENTS RETAINAGEPERCENTAGE EXTERNALID OFFSETGLACCOUNTNO
    ACCOUNTLABEL GLACCOUNTNO
  `)
]

const partyFields = (key: string): ReadonlyArray<string> => [
  "RECORDNO",
  key,
  "NAME",
  "STATUS",
  "CURRENCY",
  "TERMNAME",
  "TOTALDUE",
  "DISPLAYCONTACT.EMAIL1",
  "WHENCREATED",
  ...ownedFields
]

const documentMore = names(`
  WHENPOSTED TERMNAME DESCRIPTION DOCNUMBER EXTERNALID ONHOLD SUPDOCID BASECURR EXCH_RATE_DATE EXCH_RATE_TYPE_ID
  EXCHANGE_RATE NOGL PRBATCHKEY
`)

const documentFields = (party: string): ReadonlyArray<string> => [
  "RECORDNO",
  "RECORDID",
  "STATE",
  `${party}ID`,
  `${party}NAME`,
  "WHENCREATED",
  "WHENDUE",
  "CURRENCY",
  "TOTALENTERED",
  "TOTALPAID",
  "TOTALDUE",
  ...ownedFields
]

const lineFields = ["RECORDNO", "RECORDKEY", "LINE_NO", "ACCOUNTNO", "ENTRYDESCRIPTION", "AMOUNT", ...ownedFields]

const lineMore = names(`
  ACCOUNTLABEL OFFSETGLACCOUNTNO ALLOCATION LOCATIONID DEPARTMENTID PROJECTID CUSTOMERID VENDORID EMPLOYEEID ITEMID
  CLASSID CONTRACTID WAREHOUSEID BILLABLE FORM1099 REVRECTEMPLATE DEFERREDREVACCTNO REVRECSTARTDATE REVRECENDDATE
`)

const states = ["Draft", "Submitted", "Posted", "Partially Paid", "Paid"]
const status = { STATUS: ["active", "inactive"] }

const builtIn: ReadonlyArray<ObjectType> = [
  objectType({
    name: "VENDOR",
    label: "Vendor",
    key: "VENDORID",
    fields: partyFields("VENDORID"),
    more: [
      ...partyMore,
      ...names(`
        VENDTYPE NAME1099 FORM1099TYPE FORM1099BOX APACCOUNT OFFSETGLACCOUNT DONOTCUTCHECK PAYTO.CONTACTNAME
        RETURNTO.CONTACTNAME PAYMETHODKEY MERGEPAYMENTREQ PAYMENTNOTIFY BILLINGTYPE PAYMENTPRIORITY DISPLAYTERMDISCOUNT
        ACHENABLED ACHBANKROUTINGNUMBER ACHACCOUNTNUMBER ACHACCOUNTTYPE ACHREMITTANCETYPE VENDORACCOUNTNO
        DISPLAYACCTNOCHECK
      `)
    ],
    validValues: status,
    required: ["NAME"],
    relations: { PARENT: { object: "VENDOR", by: "PARENTID" } },
    listed: "vendor"
  }),
  objectType({
    name: "CUSTOMER",
    label: "Customer",
    key: "CUSTOMERID",
    fields: partyFields("CUSTOMERID"),
    more: [
      ...partyMore,
      ...names(`
        CUSTTYPE CUSTREPID TERRITORYID ARACCOUNT SHIPPINGMETHOD RESALENO DELIVERYOPTIONS DELIVERY_OPTIONS CUSTMESSAGEID
        EMAILOPTIN ADVBILLBY ADVBILLBYTYPE ARINVOICEPRINTTEMPLATEID OEQUOTEPRINTTEMPLATEID OEORDERPRINTTEMPLATEID
        OELISTPRINTTEMPLATEID OEINVOICEPRINTTEMPLATEID OEADJPRINTTEMPLATEID OEOTHERPRINTTEMPLATEID BILLTO.CONTACTNAME
        SHIPTO.CONTACTNAME VSOEPRICELIST
      `)
    ],
    validValues: status,
    required: ["NAME"],
    relations: { PARENT: { object: "CUSTOMER", by: "PARENTID" } },
    listed: "customer"
  }),
  objectType({
    name: "ARINVOICE",
    label: "AR Invoice",
    key: "RECORDID",
    fields: documentFields("CUSTOMER"),
    more: [...documentMore, "BILLTO.CONTACTNAME", "SHIPTO.CONTACTNAME"],
    validValues: { STATE: states },
    required: ["CUSTOMERID"],
    relations: { CUSTOMER: { object: "CUSTOMER", by: "CUSTOMERID" } },
    listed: "invoice",
    lines: { container: "ARINVOICEITEMS", object: "ARINVOICEITEM", by: "RECORDKEY" }
  }),
  objectType({
    name: "APBILL",
    label: "AP Bill",
    key: "RECORDID",
    fields: documentFields("VENDOR"),
    more: [...documentMore, "PAYTO.CONTACTNAME", "RETURNTO.CONTACTNAME"],
    validValues: { STATE: states },
    required: ["VENDORID"],
    relations: { VENDOR: { object: "VENDOR", by: "VENDORID" } },
    listed: "bill",
    lines: { container: "APBILLITEMS", object: "APBILLITEM", by: "RECORDKEY" }
  }),
  objectType({
    name: "LOCATIONENTITY",
    label: "Entity",
    key: "LOCATIONID",
    fields: ["RECORDNO", "LOCATIONID", "NAME", "STATUS", "CURRENCY", "WHENMODIFIED"],
    validValues: status,
    listed: "locationentity"
  }),
  objectType({
    name: "ARINVOICEITEM",
    label: "AR Invoice Item",
    key: "RECORDNO",
    fields: lineFields,
    more: lineMore,
    relations: { ARINVOICE: { object: "ARINVOICE", by: "RECORDKEY", matches: "RECORDNO" } }
  }),
  objectType({
    name: "APBILLITEM",
    label: "AP Bill Item",
    key: "RECORDNO",
    fields: lineFields,
    more: lineMore,
    relations: { APBILL: { object: "APBILL", by: "RECORDKEY", matches: "RECORDNO" } }
  }),
  objectType({
    name: "SODOCUMENT",
    label: "Order Entry Transaction",
    key: "DOCID",
    fields: [
      "RECORDNO",
      "DOCNO",
      "DOCID",
      "DOCPARID",
      "STATE",
      "CUSTVENDID",
      "CUSTVENDNAME",
      "WHENCREATED",
      "WHENDUE",
      "PONUMBER",
      "CURRENCY",
      "TOTAL",
      ...ownedFields
    ],
    more: names(`
      WHENPOSTED CREATEDFROM ORIGDOCDATE TERM.NAME MESSAGE SHIPVIA SHIPTO.CONTACTNAME BILLTO.CONTACTNAME SUPDOCID
      EXTERNALID BASECURR EXCHRATEDATE EXCHRATETYPES.NAME EXCHRATE VSOEPRICELIST PROJECT
    `),
    validValues: { STATE: ["Draft", "Pending", "Closed"] },
    relations: { CUSTOMER: { object: "CUSTOMER", by: "CUSTVENDID" } },
    listed: "sotransaction",
    lines: { container: "SODOCUMENTENTRIES", object: "SODOCUMENTENTRY", by: "DOCHDRNO" }
  }),
  objectType({
    name: "SODOCUMENTENTRY",
    label: "Order Entry Transaction Detail",
    key: "RECORDNO",
    fields: [
      "RECORDNO",
      "DOCHDRNO",
      "LINE_NO",
      "ITEMID",
      "ITEMDESC",
      "QUANTITY",
      "UNIT",
      "PRICE",
      "TOTAL",
      ...ownedFields
    ],
    more: names(`
      BUNDLENUMBER TAXABLE WAREHOUSEID DISCOUNTPERCENT DISCOUNT_MEMO LOCATIONID DEPARTMENTID MEMO REVRECTEMPLATE
      REVRECSTARTDATE REVRECENDDATE RENEWALMACRO PROJECTID CUSTOMERID VENDORID EMPLOYEEID CLASSID CONTRACTID TASKNO
      BILLINGTEMPLATE DELIVERYSTATUS
    `),
    relations: { SODOCUMENT: { object: "SODOCUMENT", by: "DOCHDRNO", matches: "RECORDNO" } }
  }),
  objectType({
    name: "asset_class",
    label: "Asset Class",
    key: "name",
    number: "id",
    fields: ["id", "name", "createdAt", "updatedAt"],
    required: ["name"],
    custom: true
  }),
  objectType({
    name: "asset",
    label: "Asset",
    key: "name",
    number: "id",
    fields: ["id", "name", "cost", "Rasset_class", "createdAt", "updatedAt"],
    kinds: { Rasset_class: "INTEGER" },
    required: ["name"],
    relations: { Rasset_class: { object: "asset_class", by: "Rasset_class", matches: "id" } },
    custom: true
  })
]

/**
 * What only the older functions know: no object of the newer ones, so that `inspect` and `query` do not have it. The
 * attachments of a document stand in one field, as JSON.
 */
const legacyOnly: ReadonlyArray<ObjectType> = [
  objectType({
    name: "SUPDOC",
    label: "Attachment",
    key: "SUPDOCID",
    fields: [
      "RECORDNO",
      "SUPDOCID",
      "SUPDOCNAME",
      "FOLDER",
      "DESCRIPTION",
      "CREATIONDATE",
      "CREATEDBY",
      ...ownedFields
    ],
    more: ["ATTACHMENTS"],
    listed: "supdoc"
  }),
  objectType({
    name: "SUPDOCFOLDER",
    label: "Attachment Folder",
    key: "NAME",
    fields: ["RECORDNO", "NAME", "DESCRIPTION", "PARENTFOLDER", "CREATIONDATE", "CREATEDBY", ...ownedFields],
    listed: "supdocfolder"
  })
]

/** The object types of a company: those that every company has, and those that were defined. */
export class ObjectTypes {
  readonly #types = new Map(builtIn.map((type) => [type.name.toUpperCase(), type]))
  readonly #legacy = new Map(legacyOnly.map((type) => [type.name, type]))

  /** The type of that name, however it is spelled. */
  get(name: string): ObjectType | undefined {
    return this.#types.get(name.trim().toUpperCase())
  }

  /** The same, with those that only the older functions know. */
  any(name: string): ObjectType | undefined {
    return this.get(name) ?? this.#legacy.get(name)
  }

  /** The type that `get_list` lists under that name. */
  listed(name: string): ObjectType | undefined {
    return [...this.#types.values(), ...this.#legacy.values()].find((type) => type.listed === name)
  }

  all(): ReadonlyArray<ObjectType> {
    return [...this.#types.values()]
  }

  define(type: ObjectType): void {
    this.#types.set(type.name.toUpperCase(), type)
  }
}

/** The object types that every company has, for what shows the same records in another way. */
export const objectTypes: ReadonlyMap<string, ObjectType> = new Map(builtIn.map((type) => [type.name, type]))
