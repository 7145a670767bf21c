-- After fence.lua and identity.lua. ARGV: token, group, then an id and an identity in turns, by ascending id.
-- An entry that is another one by now stays; answers how many.
local count = (#ARGV - 2) / 2
local entries = {}
-- All at once: as a rule nothing else is between them.
local found = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[#ARGV - 1], 'COUNT', count)
for _, entry in ipairs(found) do
  entries[entry[1]] = entry[2]
end

local done, others = {}, 0
for i = 3, #ARGV, 2 do
  local fields = entries[ARGV[i]]
  if not fields and #found == count then
    -- One that is gone, or others took its place in the count.
    local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
    fields = entry and entry[2]
  end
  if not fields or identity(fields) == ARGV[i + 1] then
    done[#done + 1] = ARGV[i]
  else
    others = others + 1
  end
end
if #done > 0 then
  redis.call('XACK', KEYS[1], ARGV[2], unpack(done))
  redis.call('XDEL', KEYS[1], unpack(done))
end
return others
