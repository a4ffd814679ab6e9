import { randomUUID } from "node:crypto"
import type { Identity } from "../intacct-xml/sessions.ts"
import { json } from "../oauth/answers.ts"
import { formParams, isObject, mediaType, parseJson } from "../oauth/params.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import { errorBody, notPlayedProblem, operationProblem, payloadProblem, resultError } from "./errors.ts"
import {
  createRecord,
  deleteRecord,
  findObject,
  type Operation,
  permit,
  RecordProblem,
  referenceOf,
  type RestObject,
  updateRecord
} from "./objects.ts"
import { keyOfCompany, type RestState } from "./state.ts"

// `callbackURL` is Intacct's too.
const members: ReadonlySet<string> = new Set(["objectName", "operation", "jobFile", "fileContentType"])

/** Takes a bulk request: `ia::requestBody`, which says what to do, and a file with the records. */
export const createJob = (state: RestState, request: SurfaceRequest, identity: Identity): SurfaceResponse => {
  const parts = multipart(request)
  const asked = parseJson(parts?.get("ia::requestBody")?.text ?? "")
  const records = parseJson(parts?.get("file")?.text ?? "")
  if (parts === undefined || !isObject(asked))
    return resultError(payloadProblem("Payload contains errors: ia::requestBody"))
  if (!Array.isArray(records)) return resultError(payloadProblem("Payload contains errors: file must hold a JSON list"))
  const stray = [...parts.keys()].find((name) => name !== "ia::requestBody" && name !== "file")
  if (stray !== undefined) return resultError(payloadProblem(`Payload contains errors: the part ${stray}`))
  const unplayed = Object.keys(asked).find((name) => !members.has(name))
  if (unplayed !== undefined) return resultError(notPlayedProblem(`${unplayed} of a bulk request`))
  const format = asked["fileContentType"] ?? "json"
  if (format !== "json") return resultError(notPlayedProblem(`fileContentType ${JSON.stringify(format)}`))
  const file = asked["jobFile"]
  if (file !== undefined && file !== parts.get("file")?.fileName)
    return resultError(payloadProblem("Payload contains errors: jobFile is not the name of the file"))
  const named = asked["objectName"]
  if (typeof named !== "string" || named === "")
    return resultError(payloadProblem("Payload contains errors: objectName"))
  const object = findObject(named)
  const operation = asked["operation"]
  if (object === undefined) return resultError(notPlayedProblem(`bulk requests of ${named}`))
  if (operation !== "create" && operation !== "update" && operation !== "delete") {
    return resultError(payloadProblem("Payload contains errors: operation"))
  }
  permit(identity, object, operation)
  const given = records as ReadonlyArray<unknown>
  const counted = state.options().bulkCounts === "record" ? given.length : 1
  for (let index = 0; index < counted; index++) {
    state.xml.transactions.count(keyOfCompany(identity.company), `rest-${operation}`)
  }
  const results = given.map((each) => one(state, identity, object, operation, each))
  const jobId = randomUUID()
  const errors = results.filter((each) => "ia::error" in each).length
  state.bulkJobs.set(jobId, { company: keyOfCompany(identity.company), results, errors })
  return json(200, {
    "ia::result": {
      jobId,
      statusURL: `/services/bulk/job/status?jobId=${jobId}`,
      createdDateTime: new Date(state.xml.clock.now()).toISOString().slice(0, 19)
    },
    "ia::meta": { totalCount: 1, totalSuccess: 1, totalError: 0 }
  })
}

const one = (
  state: RestState,
  identity: Identity,
  object: RestObject,
  operation: Exclude<Operation, "read">,
  given: unknown
): object => {
  const key =
    isObject(given) && (typeof given["key"] === "string" || typeof given["key"] === "number") ? given["key"] : ""
  const now = state.xml.clock.now()
  try {
    switch (operation) {
      case "create":
        return { "ia::status": 201, ...referenceOf(object, createRecord(identity, object, given, now)) }
      case "update":
        return { "ia::status": 200, ...referenceOf(object, updateRecord(identity, object, String(key), given, now)) }
      case "delete":
        deleteRecord(identity, object, String(key))
        return { "ia::status": 204 }
    }
  } catch (error) {
    if (error instanceof RecordProblem)
      return { "ia::status": error.problem.status, "ia::error": errorBody(error.problem) }
    throw error
  }
}

/** Tells how far a bulk request is, and with `download=true` what came of it. */
export const jobStatus = (state: RestState, request: SurfaceRequest, identity: Identity): SurfaceResponse => {
  const query = formParams(request.query)
  const jobId = query.get("jobId") ?? ""
  const job = state.bulkJobs.get(jobId)
  if (job === undefined || job.company !== keyOfCompany(identity.company)) {
    return resultError(operationProblem("jobId names no job", 404))
  }
  const meta = {
    totalCount: job.results.length,
    totalSuccess: job.results.length - job.errors,
    totalError: job.errors
  }
  const download = query.get("download") ?? "false"
  if (download !== "true" && download !== "false") return resultError(payloadProblem("download is true or false"))
  if (download === "true") return json(200, { "ia::result": job.results, "ia::meta": meta })
  return json(200, {
    "ia::result": {
      jobId,
      status: "completed",
      percentComplete: 100,
      downloadURL: `/services/bulk/job/status?jobId=${jobId}&download=true`
    },
    "ia::meta": meta
  })
}

interface Part {
  readonly text: string
  readonly fileName: string | undefined
}

/** The parts of a multipart body by name; undefined when it is none, or a name comes twice. */
const multipart = (request: SurfaceRequest): ReadonlyMap<string, Part> | undefined => {
  const contentType = request.headers["content-type"]
  if (mediaType(contentType) !== "multipart/form-data") return undefined
  const [, quoted, bare] = /boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType ?? "") ?? []
  const boundary = quoted ?? bare
  if (boundary === undefined) return undefined
  const parts = new Map<string, Part>()
  for (const part of request.body.split(`--${boundary}`)) {
    const [head = "", ...content] = part.split("\r\n\r\n")
    const name = /\bname="([^"]*)"/i.exec(head)?.[1]
    if (name === undefined || content.length === 0) continue
    if (parts.has(name)) return undefined
    const fileName = /\bfilename="([^"]*)"/i.exec(head)?.[1]
    parts.set(name, { text: content.join("\r\n\r\n").replace(/\r\n$/, ""), fileName })
  }
  return parts
}
