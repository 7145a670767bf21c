-- After fence.lua. ARGV: token, group, then ids that were all delivered in one reading, as in reader.rs: while any of them
-- is pending, all are the entries that were read. Answers 0 where none is, and nothing was done.
if redis.call('XACK', KEYS[1], ARGV[2], unpack(ARGV, 3)) == 0 then
  return 0
end
redis.call('XDEL', KEYS[1], unpack(ARGV, 3))
return 1
