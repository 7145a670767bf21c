-- After fence.lua.
pass_out_of_memory()
redis.call('HINCRBY', KEYS[2], 'beat', 1)
return 1
