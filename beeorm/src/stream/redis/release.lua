-- After fence.lua.
redis.call('DEL', KEYS[2])
return 1
