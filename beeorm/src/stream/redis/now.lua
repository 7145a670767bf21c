-- The server's clock, which made the ids too, in milliseconds since 1970; false where the account may not ask for it.
local function now_millis()
  local time = redis.pcall('TIME')
  if time.err then
    return false
  end
  return string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
end
