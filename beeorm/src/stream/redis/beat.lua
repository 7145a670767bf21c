-- After fence.lua, now.lua and heard.lua.
pass_out_of_memory()
redis.call('HINCRBY', KEYS[2], 'beat', 1)
heard(KEYS[2])
return 1
