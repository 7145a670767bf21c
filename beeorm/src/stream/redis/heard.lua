-- Writes down when the owner was heard last, for the statistics alone: whether it lives is told by the beat.
local function heard(lease)
  local now = now_millis()
  if now then
    redis.call('HSET', lease, 'at', now)
  else
    redis.call('HDEL', lease, 'at')
  end
end
