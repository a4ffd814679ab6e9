import { createHash } from "node:crypto"

/** A script of Redis, and the name under which the server knows it once it was sent. */
export interface Script {
  readonly text: string
  readonly sha: string
}

const scriptOf = (text: string): Script => ({ text, sha: createHash("sha1").update(text).digest("hex") })

/**
 * Time is the server's. A command that comes later than its sender waits for it does nothing: it lay in a queue of the
 * client while the connection was gone, and something else was decided meanwhile.
 */
const begin = `
local t = redis.call('TIME')
local us = t[1] * 1000000 + t[2]
local now = math.floor(us / 1000)
local function whole(n) return string.format('%.0f', n) end
local notAfter = tonumber(ARGV[1])
if notAfter > 0 and now > notAfter then return { 'late', whole(now) } end
`

/**
 * Everything that is done to a pool.
 *
 * - KEYS: pool (its limit, since when it is known, and until when nothing is given out), held (request, and how its permit came), queue (request by place), owners (process by the
 *   end of its lease), members (process, and since when it is known without a break)
 * - ARGV: not after, operation, owner, lease, prefix of the channels that wake a process, the
 *   pool's tag, since when pool and process were known as it has heard, and what the operation needs
 * - a process that knows the pool otherwise has used a memory that is lost: a flushed server, or a failover. Nothing is
 *   given out then for half a lease: every process says what it holds once in a third of one
 * - places grow with time, so that those who lost theirs with the server's memory are not overtaken
 * - a request is named by its process, a colon, and a number: asking twice under one name gives one permit
 * - the answer: ok, the server's time, since when pool and process are known, how many processes there are, and more
 */
export const poolScript = scriptOf(`${begin}
local pool, held, queue, owners, members = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local op, owner, lease, wake, heard = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[7]
-- a write, which a replica refuses
if op == 'probe' then redis.call('PERSIST', pool) return { 'ok', whole(now) } end

local function ownerOf(id) return string.match(id, '^[^:]+') end
local function bury(dead)
  redis.call('ZREM', owners, dead)
  redis.call('HDEL', members, dead)
  for _, id in ipairs(redis.call('HKEYS', held)) do
    if ownerOf(id) == dead then redis.call('HDEL', held, id) end
  end
  for _, id in ipairs(redis.call('ZRANGE', queue, 0, -1)) do
    if ownerOf(id) == dead then redis.call('ZREM', queue, id) end
  end
end
local quiet = false
local function serve(hung)
  if quiet then return end
  local limit = tonumber(redis.call('HGET', pool, 'limit') or '0')
  while redis.call('HLEN', held) < limit do
    local id = redis.call('ZRANGE', queue, 0, 0)[1]
    if not id then return end
    redis.call('ZREM', queue, id)
    redis.call('HSET', held, id, hung)
    redis.call('PUBLISH', wake .. ownerOf(id), id .. '|' .. hung .. '|' .. ARGV[6])
  end
end
for _, each in ipairs(redis.call('ZRANGEBYSCORE', owners, '-inf', whole(now))) do
  if each ~= owner then bury(each) end
end

local since = redis.call('HGET', members, owner)
if op == 'enter' or op == 'beat' or op == 'tell' then
  local known = redis.call('HGET', pool, 'known')
  if not known then
    known = whole(us)
    redis.call('HSET', pool, 'known', known)
  end
  if not since then
    since = known .. '-' .. whole(us)
    redis.call('HSET', members, owner, since)
  end
  redis.call('ZADD', owners, whole(now + lease), owner)
  if heard ~= '' and string.match(heard, '^%d+') ~= known then
    redis.call('HSETNX', pool, 'quiet', whole(now + lease / 2))
  end
end
quiet = now < tonumber(redis.call('HGET', pool, 'quiet') or '0')
local answer = { 'ok', whole(now), since or '', 0 }

if op == 'enter' then
  local id, ahead, place = ARGV[8], ARGV[10], ARGV[11]
  redis.call('HSET', pool, 'limit', ARGV[9])
  local given = redis.call('HGET', held, id)
  local waits = redis.call('ZSCORE', queue, id)
  if given then
    answer[5] = 'held'
  elseif not quiet and not waits and redis.call('ZCARD', queue) == 0
    and redis.call('HLEN', held) < tonumber(ARGV[9]) then
    redis.call('HSET', held, id, 0)
    answer[5] = 'held'
  else
    answer[5] = 'waits'
    if not waits then
      answer[6] = redis.call('ZCARD', queue) == 0 and 'first' or ''
      if place == '' then
        local last = tonumber(redis.call('HGET', pool, 'last') or '0')
        local next = math.max(last + 1, us)
        redis.call('HSET', pool, 'last', whole(next))
        place = whole(ahead == '1' and next - 4000000000000000 or next)
      end
      redis.call('ZADD', queue, place, id)
      waits = place
    else
      answer[6] = ''
      waits = whole(tonumber(waits))
    end
    answer[7] = waits
  end
  serve(0)
elseif op == 'leave' then
  redis.call('HDEL', held, ARGV[8])
  redis.call('ZREM', queue, ARGV[8])
  serve(ARGV[9])
elseif op == 'tell' then
  -- it decides by itself at the moment, and says anew what it holds
  for _, id in ipairs(redis.call('HKEYS', held)) do
    if ownerOf(id) == owner then redis.call('HDEL', held, id) end
  end
  for i = 8, #ARGV do
    redis.call('ZREM', queue, ARGV[i])
    redis.call('HSET', held, ARGV[i], 0)
  end
elseif op == 'beat' then
  -- what this process says that it holds, it sends with, whatever was forgotten here
  for i = 8, #ARGV do
    redis.call('ZREM', queue, ARGV[i])
    redis.call('HSETNX', held, ARGV[i], 0)
  end
  serve(0)
  local all = redis.call('HGETALL', held)
  for i = 1, #all, 2 do
    if ownerOf(all[i]) == owner then
      answer[#answer + 1] = all[i]
      answer[#answer + 1] = all[i + 1]
    end
  end
elseif op == 'bye' then
  bury(owner)
  serve(0)
else
  serve(0)
  answer[5] = redis.call('HGET', pool, 'limit') or '0'
  answer[6] = redis.call('HLEN', held)
  answer[7] = redis.call('ZCARD', queue)
  if op == 'inspect' then
    for _, each in ipairs(redis.call('ZRANGE', owners, 0, -1)) do answer[#answer + 1] = each end
  end
end

answer[4] = redis.call('ZCARD', owners)
if not quiet and redis.call('HLEN', held) == 0 and redis.call('ZCARD', queue) == 0 then
  redis.call('DEL', pool, held, queue, members)
  redis.call('PEXPIRE', owners, whole(lease))
else
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, whole(lease * 4)) end
end
return answer
`)

/**
 * Which pools are in use, by the time until which that is known.
 *
 * - KEYS: pools (tag by that time)
 * - ARGV: not after, operation (`say` or `list`), how long to know it, tags
 */
export const poolsScript = scriptOf(`${begin}
local pools, kept = KEYS[1], tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', pools, '-inf', whole(now))
for i = 4, #ARGV do redis.call('ZADD', pools, whole(now + kept), ARGV[i]) end
redis.call('PEXPIRE', pools, whole(kept))
local answer = { 'ok', whole(now) }
if ARGV[2] == 'list' then
  for _, tag in ipairs(redis.call('ZRANGE', pools, 0, -1)) do answer[#answer + 1] = tag end
end
return answer
`)

/**
 * Tells every process something.
 *
 * - KEYS: one that is not touched: in a cluster all texts go by the node that has it, and arrive in order
 * - ARGV: not after, channel, text
 */
export const tellScript = scriptOf(`${begin}
redis.call('PUBLISH', ARGV[2], ARGV[3])
return { 'ok', whole(now) }
`)

/**
 * A company's count of a month.
 *
 * - KEYS: count, writers (process, the number of its last request, and what that request has added)
 * - ARGV: not after, operation, writer, number of the request, how much, number up to which the writer had its answers,
 *   how long to keep it
 *
 * A request that is sent again is done once. One that the writer was told had failed, though it was done, is taken back
 * by the next.
 */
export const meterScript = scriptOf(`${begin}
local count, writers = KEYS[1], KEYS[2]
local op, writer, number, amount = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local kept = tonumber(redis.call('GET', count) or '0')
local last = redis.call('HGET', writers, writer)
local undo = 0
if last then
  local done, added = string.match(last, '^(%d+) (.+)$')
  if tonumber(done) == number then return { 'ok', whole(now), string.format('%.17g', kept) } end
  if tonumber(done) > tonumber(ARGV[6]) then undo = tonumber(added) end
end
if op == 'read' then return { 'ok', whole(now), string.format('%.17g', kept - undo) } end
if op == 'set' then
  kept = amount
  redis.call('HSET', writers, writer, whole(number) .. ' 0')
else
  kept = kept - undo + amount
  redis.call('HSET', writers, writer, whole(number) .. ' ' .. string.format('%.17g', amount))
end
redis.call('SET', count, string.format('%.17g', kept), 'PX', ARGV[7])
redis.call('PEXPIRE', writers, ARGV[7])
return { 'ok', whole(now), string.format('%.17g', kept) }
`)
