-- After fence.lua and identity.lua. ARGV: token, group, then an id and an identity in turns.
-- An entry that is another one by now stays; answers how many.
local entries = {}
-- All at once: as a rule they follow each other, and are given in their order.
local found = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[#ARGV - 1], 'COUNT', (#ARGV - 2) / 2)
for _, entry in ipairs(found) do
  entries[entry[1]] = entry[2]
end

local done, others = {}, 0
for i = 3, #ARGV, 2 do
  local fields = entries[ARGV[i]]
  if not fields then
    -- It is gone; or it lies elsewhere.
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
