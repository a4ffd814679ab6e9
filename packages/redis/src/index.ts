/**
 * Pools and meters of `@sage-auth/core` in Redis or Valkey, for applications of several processes.
 */
export type { IoRedisClient, NodeRedisClient, RedisClient } from "./RedisClient.ts"
export { redisCoordination, type RedisCoordinationOptions } from "./redisCoordination.ts"
export { redisMeters, type RedisMetersOptions } from "./redisMeters.ts"
