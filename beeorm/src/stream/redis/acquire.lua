-- After now.lua and heard.lua. Takes the lease over if it is as it was seen. KEYS: lease. ARGV: new token, seen token, seen beat
-- (both empty: nobody had it). 1 if taken.
local lease = redis.call('HMGET', KEYS[1], 'token', 'beat')
local token, beat = lease[1] or '', lease[2] or ''
redis.call('HDEL', KEYS[1], 'none') -- for a server out of memory, as in fence.lua
if #token ~= 36 or #beat > 18 or not string.find(beat, '^%d+$') then
  -- None of ours: nobody's.
  redis.call('DEL', KEYS[1])
  token, beat = '', ''
end
if token ~= ARGV[2] or beat ~= ARGV[3] then
  return 0
end
redis.call('HSET', KEYS[1], 'token', ARGV[1])
redis.call('HDEL', KEYS[1], 'looked')
heard(KEYS[1])
redis.call('HINCRBY', KEYS[1], 'beat', 1)
return 1
