/** The parser alone, in a file of its own: neither its writer nor its validator comes with it. */
export { XMLParser } from "fast-xml-parser"
