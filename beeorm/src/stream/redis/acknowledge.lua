-- After fence.lua and identity.lua. ARGV: token, group, then an id and an identity in turns.
-- An entry that is another one by now stays; answers how many.
local others = 0
for i = 3, #ARGV, 2 do
  local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
  if not entry or identity(entry[2]) == ARGV[i + 1] then
    redis.call('XACK', KEYS[1], ARGV[2], ARGV[i])
    redis.call('XDEL', KEYS[1], ARGV[i])
  else
    others = others + 1
  end
end
return others
