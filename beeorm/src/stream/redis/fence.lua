-- Before every script of the owner. KEYS: stream, lease. ARGV[1]: the caller's token.
if redis.call('HGET', KEYS[2], 'token') ~= ARGV[1] then
  return redis.error_reply('NOTOWNER another consumer has taken the stream over')
end

-- A server out of memory refuses a script's first write if it takes memory, and later ones not.
-- The owner's writes must pass: they are what gives memory back.
local function pass_out_of_memory()
  redis.call('HDEL', KEYS[2], 'none')
end
