-- After fence.lua and identity.lua. KEYS: stream, lease, aside. ARGV: token, group, id, identity, reason, frames.
-- An entry that is still there is moved with all its fields, also those that are no frames; one that is
-- another by now stays. 1 if it is aside.
local entry = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]
local fields = {}
local is_pending = #redis.pcall('XPENDING', KEYS[1], ARGV[2], ARGV[3], ARGV[3], 1) > 0
if entry and identity(entry[2]) == ARGV[4] then
  fields = entry[2]
elseif entry or not is_pending then
  -- It was moved before, and the answer was lost; or a failover has lost it.
  local last = redis.call('XREVRANGE', KEYS[3], '+', '-', 'COUNT', 1)[1]
  return last and last[2][2] == ARGV[3] and 1 or 0
else
  for i = 6, #ARGV do
    fields[#fields + 1] = 'f'
    fields[#fields + 1] = ARGV[i]
  end
end

pass_out_of_memory()
-- In pieces, as Lua hands over some thousand values at most.
local from = 1
repeat
  local to = math.min(from + 3999, #fields)
  redis.call('XADD', KEYS[3], '*', 'id', ARGV[3], 'reason', ARGV[5], unpack(fields, from, to))
  from = to + 1
until from > #fields
redis.call('XACK', KEYS[1], ARGV[2], ARGV[3])
redis.call('XDEL', KEYS[1], ARGV[3])
return 1
