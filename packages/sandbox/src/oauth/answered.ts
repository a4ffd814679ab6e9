import type { SurfaceResponse } from "../surface.ts"

/** An answer that ends the work on a request from anywhere within it. */
export class Refusal extends Error {
  readonly response: SurfaceResponse
  constructor(response: SurfaceResponse) {
    super("refused")
    this.response = response
  }
}

/** The answer that the work ends with, or is ended with by a {@link Refusal}. */
export const answered = (work: () => SurfaceResponse): SurfaceResponse => {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refusal) return error.response
    throw error
  }
}

/** The same for work that takes its time. */
export const answeredLater = async (
  work: () => SurfaceResponse | Promise<SurfaceResponse>
): Promise<SurfaceResponse> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) return error.response
    throw error
  }
}
