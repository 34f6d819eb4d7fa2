/**
 * Lua scripts that Redis runs atomically. They always use the clock of Redis, because the clocks of processes may
 * differ. All keys of one script have the same hash tag, so that they are in one slot of a cluster.
 */

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/**
 * KEYS claim, sizes, windows, since · ARGV ttlMs, share ('' for none), limit, prefix of a window's key, '1' if the
 * claim has a creation time. Returns two numbers. The first is 1 for a new claim, 0 for an existing one, -1 if the
 * limit is reached. The second is the time when a loss of data was noticed, in epoch milliseconds: claims from before
 * this time may be missing. If Redis has just lost its data, it is the current time. It is 0 if no data was ever lost,
 * and also for claims without a creation time. Claims that expire within the same minute are in one window. A window
 * counts its claims by share. When the window has expired, its counts are subtracted from `sizes`. So to check the
 * limits, the script reads a few counts, but never all claims.
 */
export const CLAIM = `${NOW}
for _, window in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 2)) do
  local counts = redis.call('HGETALL', ARGV[4] .. window)
  for i = 1, #counts, 2 do
    if redis.call('HINCRBY', KEYS[2], counts[i], -counts[i + 1]) <= 0 then redis.call('HDEL', KEYS[2], counts[i]) end
  end
  redis.call('DEL', ARGV[4] .. window)
  redis.call('ZREM', KEYS[3], window)
end
if redis.call('EXISTS', KEYS[1]) == 1 then return {0, 0} end
local share, limit = 's' .. ARGV[2], tonumber(ARGV[3])
local sizes = redis.call('HMGET', KEYS[2], 'all', share)
if tonumber(sizes[1] or 0) >= limit then return {-1, 0} end
if ARGV[2] ~= '' and 2 * tonumber(sizes[2] or 0) >= limit then return {-1, 0} end
local since = 0
if ARGV[5] == '1' then
  since = redis.call('GET', KEYS[4]) or string.format('%.0f', now)
  redis.call('SET', KEYS[4], since)
end
redis.call('SET', KEYS[1], 1, 'PX', ARGV[1], 'NX')
local window = math.floor((now + ARGV[1]) / 60000)
redis.call('ZADD', KEYS[3], (window + 1) * 60000, window)
for _, key in ipairs({KEYS[2], ARGV[4] .. window}) do
  redis.call('HINCRBY', key, 'all', 1)
  if ARGV[2] ~= '' then redis.call('HINCRBY', key, share, 1) end
end
return {1, tonumber(since)}
`;

/**
 * KEYS since. If no time is recorded, Redis has lost its data. Then this script records the current time: claims from
 * before this time may be missing.
 */
export const NOTE_SINCE = `${NOW}
return redis.call('SET', KEYS[1], string.format('%.0f', now), 'NX')
`;

/** KEYS counter · ARGV by, ttlMs. Increases the counter and returns the new value. */
export const INCREMENT = `
local value = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return value
`;

/** Removes the value `name` from its tags. */
const UNTAG = `
local function untag(tags, tagPrefix, name)
  if not tags then return end
  for _, tag in ipairs(cjson.decode(tags)) do redis.call('ZREM', tagPrefix .. tag, name) end
end
`;

/**
 * KEYS value · ARGV name, value, ttlMs, prefix of tags, tags as JSON. A tag is a sorted set of the names of values,
 * sorted by expiry. Adding a name also removes the expired names from the tag. The value is written first, because a
 * lack of memory stops a script only before its first write.
 */
export const SET_VALUE = `${NOW}${UNTAG}
local old = redis.call('HGET', KEYS[1], 't')
redis.call('HSET', KEYS[1], 'v', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
untag(old, ARGV[4], ARGV[1])
if ARGV[5] == '[]' then
  redis.call('HDEL', KEYS[1], 't')
  return
end
redis.call('HSET', KEYS[1], 't', ARGV[5])
for _, tag in ipairs(cjson.decode(ARGV[5])) do
  local set = ARGV[4] .. tag
  redis.call('ZREMRANGEBYSCORE', set, '-inf', now)
  redis.call('ZADD', set, now + ARGV[3], ARGV[1])
  if redis.call('PTTL', set) < tonumber(ARGV[3]) then redis.call('PEXPIRE', set, ARGV[3]) end
end
`;

/** KEYS value · ARGV name, prefix of tags. Deletes the value and removes it from its tags. */
export const DELETE_VALUE = `${UNTAG}
untag(redis.call('HGET', KEYS[1], 't'), ARGV[2], ARGV[1])
redis.call('DEL', KEYS[1])
`;

/**
 * KEYS tag · ARGV prefix of values, prefix of tags, maximum per call. Deletes values with the tag and returns how many.
 * If this is fewer than the maximum, all values with the tag are deleted.
 */
export const DELETE_BY_TAG = `${NOW}${UNTAG}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local names = redis.call('ZRANGE', KEYS[1], 0, ARGV[3] - 1)
for _, name in ipairs(names) do
  untag(redis.call('HGET', ARGV[1] .. name, 't'), ARGV[2], name)
  redis.call('DEL', ARGV[1] .. name)
end
if #names > 0 then redis.call('ZREM', KEYS[1], unpack(names)) end
return #names
`;

/**
 * KEYS lease · ARGV holder, ttlMs. Returns the fencing number, or nothing if another holder has the lease. When a lease
 * ends, its fencing number stays stored, so that the next one is higher.
 */
export const ACQUIRE_LEASE = `${NOW}
local holder, ends = unpack(redis.call('HMGET', KEYS[1], 'holder', 'ends'))
local isHeld = ends and tonumber(ends) > now
if isHeld and holder ~= ARGV[1] then return false end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'ends', string.format('%.0f', now + ARGV[2]))
if isHeld then return tonumber(redis.call('HGET', KEYS[1], 'fencing')) end
return redis.call('HINCRBY', KEYS[1], 'fencing', 1)
`;

/** KEYS lease · ARGV holder. Releases the lease if `holder` has it. */
export const RELEASE_LEASE = `
if redis.call('HGET', KEYS[1], 'holder') == ARGV[1] then redis.call('HSET', KEYS[1], 'ends', 0) end
`;
