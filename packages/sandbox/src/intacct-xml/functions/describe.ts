import { defineFunction, notPlayed, Refused } from "../notPlayed.ts"
import { kindOf, type ObjectType, ownedFields } from "../objectTypes.ts"
import { childText, node, type XmlNode } from "../xml.ts"
import { documentType, typeFor } from "./common.ts"
import type { Play } from "./context.ts"

/** `inspect`: the objects, or the fields of one. */
export const inspect: Play = (context) => {
  const { element } = context.called
  const { types } = context.identity.company.records
  if (Number(element.attributes.get("detail") ?? "0") > 0) {
    throw notPlayed("inspect with detail", "Use lookup, which tells more and is documented.")
  }
  if (element.attributes.has("name")) throw notPlayed("inspect with a name", "Name the object in its element.")
  const name = (childText(element, "object") ?? "").trim()
  if (name === "*") {
    const all = types.all().map((type) => node("type", type.label, { typename: type.name }))
    return { content: [node("data", all, { listtype: "All", count: String(all.length) })] }
  }
  const type = typeFor(context, name, "INSPECT")
  const fields = [...type.fields, ...type.more].map((field) => node("Field", field))
  return described(node("Type", [node("Fields", fields)], { Name: type.name, DocumentType: "" }))
}

/** `lookup`: the fields of an object with their kinds, and what it points to. */
export const lookup: Play = (context) => {
  const { element } = context.called
  const type = typeFor(context, childText(element, "object") ?? "", "LOOKUP")
  const docparid = documentType(type, childText(element, "docparid"))
  const fields = [...type.fields, ...type.more].map((field) => fieldNode(type, field))
  const relations = Object.entries(type.relations).map(([path, relation]) =>
    node("Relationship", [
      node("OBJECTPATH", path),
      node("OBJECTNAME", relation.object),
      node("LABEL"),
      node("RELATIONSHIPTYPE", "MANY2ONE"),
      node("RELATEDBY", relation.by)
    ])
  )
  return described(
    node("Type", [node("Fields", fields), node("Relationships", relations)], {
      Name: type.name,
      DocumentType: docparid ?? ""
    })
  )
}

const described = (type: XmlNode): { readonly content: ReadonlyArray<XmlNode> } => ({
  content: [node("data", [type], { listtype: "All", count: "1" })]
})

const fieldNode = (type: ObjectType, field: string): XmlNode => {
  const valid = type.validValues[field]
  const words = field.toLowerCase().replaceAll(/[._]/g, " ")
  const label = words.charAt(0).toUpperCase() + words.slice(1)
  return node("Field", [
    node("ID", field),
    node("LABEL", label),
    node("DESCRIPTION", label),
    node("REQUIRED", String(type.required?.includes(field) === true)),
    node("READONLY", String(type.required === undefined || ownedFields.includes(field) || field === type.number)),
    node("DATATYPE", kindOf(type, field)),
    ...(valid === undefined
      ? []
      : [
          node(
            "VALIDVALUES",
            valid.map((value) => node("VALIDVALUE", value))
          )
        ]),
    node("ISCUSTOM", String(type.custom))
  ])
}

/** `getUserPermissions`. */
export const getUserPermissions: Play = ({ called, identity }) => {
  const userId = childText(called.element, "userId") ?? identity.user.userId
  const user = identity.home.users.get(userId)
  if (user === undefined) throw new Refused({ errorno: "BL01001973", description2: `User ${userId} not found` })
  const types = identity.company.records.types.all()
  const lineTypes = new Set(types.map((type) => type.lines?.object))
  const policies = types
    // Lines have the permission of their document.
    .filter((type) => !type.custom && !lineTypes.has(type.name) && !user.forbidden.has(type.name))
    .map((type) =>
      node("policy", [
        node("policyName", type.label),
        node("rights", user.readOnly ? "List|View" : "List|View|Add|Edit|Delete")
      ])
    )
  return {
    content: [
      node("data", [
        node("permissions", [node("appSubscription", [node("applicationName", "Sandbox"), node("policies", policies)])])
      ])
    ]
  }
}

const dimension = (objectName: string, label: string, custom: boolean): XmlNode =>
  node("dimension", [
    node("objectName", objectName),
    node("objectLabel", label),
    node("termLabel", label),
    node("userDefinedDimension", String(custom)),
    node("enabledInGL", "true")
  ])

/** `getDimensions`: those that Intacct has by itself. */
export const getDimensions: Play = () => ({
  content: [
    node("data", [
      node("dimensions", [
        dimension("DEPARTMENT", "Department", false),
        dimension("LOCATION", "Location", false),
        dimension("CUSTOMER", "Customer", false),
        dimension("VENDOR", "Vendor", false)
      ])
    ])
  ]
})

/** The preferences of a company that Intacct's page names, by subscription. */
const preferences: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  GEN: {
    PRIMARY_ACCTNO_LENGTH: "4",
    ACCTNO_SEPARATOR: "-",
    SUBACCTNO_LENGTH: "2",
    FISCAL_FIRST_MONTH: "1",
    FISCAL_FIRST_MONTH_TAX: "1",
    WEEK_START: "1",
    CUSTOM_ACCOUNTING_PERIODS: "F",
    PACKAGE_TYPE: ""
  },
  GL: { EMPLOYEEDIMENSION: "F" }
}

const otherApplications: ReadonlySet<string> = new Set(["ME", "CM", "AP", "AR", "EE", "PO", "SO", "INV", "PA", "CS"])

/** `get_companyprefs`. */
export const getCompanyPreferences: Play = ({ called }) => {
  const application = called.element.attributes.get("application") ?? ""
  const known = Object.hasOwn(preferences, application) ? preferences[application] : undefined
  if (known === undefined) {
    throw otherApplications.has(application)
      ? notPlayed(`the preferences of ${application}`, defineFunction("get_companyprefs"))
      : new Refused({ errorno: "BL01001973", description2: `Application ${application} not found` })
  }
  return {
    content: [
      node(
        "data",
        Object.entries(known).map(([preference, value]) =>
          node("companypref", [
            node("application", application),
            node("preference", preference),
            node("prefvalue", value)
          ])
        )
      )
    ]
  }
}

/** `get_applications`. */
export const getApplications: Play = () => ({
  content: [
    node(
      "data",
      ["CO", "GL", "AP", "AR", "SO"].map((name) => node("application", name))
    )
  ]
})
