// A machine's connection, in the same application as the documentation's route handlers.
import { auth } from "@/lib/auth"

export const dynamic = "force-dynamic"

export const GET = async (request: Request): Promise<Response> => {
  const answer = await auth().client(request, "vendors").fetch("objects/accounts-payable/vendor")
  return Response.json(await answer.json())
}
