-- After now.lua. KEYS: stream, lease. ARGV: group. Works where stream, group or lease are not there.
local function pairs_of(list)
  local found = {}
  for i = 1, #list, 2 do
    found[list[i]] = list[i + 1]
  end
  return found
end

local function each(...)
  local list = redis.pcall(...)
  return ipairs(list.err and {} or list)
end

local len = redis.call('XLEN', KEYS[1])
local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1])
if pending.err then
  pending = { 0, false }
end
local delivered = '0-0'
for _, group in each('XINFO', 'GROUPS', KEYS[1]) do
  local found = pairs_of(group)
  if found['name'] == ARGV[1] then
    delivered = found['last-delivered-id']
  end
end
local consumers = {}
for _, consumer in each('XINFO', 'CONSUMERS', KEYS[1], ARGV[1]) do
  local found = pairs_of(consumer)
  consumers[#consumers + 1] = found['name']
  consumers[#consumers + 1] = found['pending']
end
local now = now_millis()
if not now then
  return redis.error_reply('NOPERM the account may not call TIME, by which ages are counted')
end
-- An owner that gave the stream up has taken the lease away; one that died has left it.
local beaten = redis.pcall('HGET', KEYS[2], 'at')
if type(beaten) == 'table' then
  beaten = false
end
return { len, first and first[1] or false, pending[1], pending[2] or false, delivered, consumers, beaten, now }
