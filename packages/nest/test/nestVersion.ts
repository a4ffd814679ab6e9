import manifest from "@nestjs/common/package.json" with { type: "json" }

/** The version of NestJS that the tests run with. */
export const VERSION: string = manifest.version
