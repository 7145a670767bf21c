-- Makes the stream and its group. KEYS: stream, lease. ARGV: group.
-- The first line is for a server out of memory, as in fence.lua: without a group nothing drains it.
redis.call('HDEL', KEYS[2], 'none')
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then
  return made
end
return 1
