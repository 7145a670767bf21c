-- After fence.lua. ARGV: token, group, consumer, how many frames, and '>' for new entries or the id behind which
-- pending ones are wanted; how often the owner has looked through the pending ones from the first on. Answers 1 where the
-- group had to be made anew, 2 where it had passed entries over; the entries, up to the one with which there are as many
-- frames: fewer where they are large, none only where there are none; and how often by now.
local group, consumer, count, after, looked = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6]
local ENOUGH_BYTES = 4 * 1024 * 1024
-- What is in an entry is known only once it is read: so the first comes alone, and then as many at a time as would be
-- enough if they were as large as the largest before, and no more than this.
local MOST_AT_ONCE = 16

-- Entries delivered to anybody else, by hand say, are the owner's: it alone reads on.
local function adopt(stranger)
  local from = '-'
  while true do
    local pending = redis.call('XPENDING', KEYS[1], group, from, '+', 1000, stranger)
    if #pending == 0 then
      return
    end
    local ids = {}
    for i, entry in ipairs(pending) do
      ids[i] = entry[1]
    end
    from = '(' .. ids[#ids]
    ids[#ids + 1] = 'JUSTID'
    redis.call('XCLAIM', KEYS[1], group, consumer, 0, unpack(ids))
  end
end

-- Entries that are there, and neither pending nor to come: what is done is not there any more, so that these were passed
-- over, as by an XGROUP SETID by hand. They are delivered from the first on.
local function rewind()
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    local is_it, delivered = false, '0-0'
    for i = 1, #info, 2 do
      is_it = is_it or info[i] == 'name' and info[i + 1] == group
      delivered = info[i] == 'last-delivered-id' and info[i + 1] or delivered
    end
    if is_it and redis.call('XRANGE', KEYS[1], '-', delivered, 'COUNT', 1)[1] then
      redis.call('XGROUP', 'SETID', KEYS[1], group, '0')
      return 2
    end
  end
  return 0
end

local function read(at_once)
  return redis.pcall('XREADGROUP', 'GROUP', group, consumer, 'COUNT', at_once, 'STREAMS', KEYS[1], after)
end

-- A reading of new entries that was given up may still be on its way. What it delivered behind the look at the pending ones
-- nobody would know of: newer entries would be executed before.
if after == '>' and (redis.call('HGET', KEYS[2], 'looked') or '0') ~= looked then
  return redis.error_reply('SUPERSEDED the pending entries were looked through since')
end

local made, entries, frames, bytes = 0, {}, 0, 0
if after == '0-0' then
  -- By this a transaction of reader.rs too, which watches the lease, does nothing any more.
  pass_out_of_memory()
  looked = redis.call('HINCRBY', KEYS[2], 'looked', 1)
  local summary = redis.pcall('XPENDING', KEYS[1], group)
  for _, holder in ipairs(not summary.err and summary[4] or {}) do
    if holder[1] ~= consumer then
      adopt(holder[1])
    end
  end
  if not summary.err and summary[1] == 0 then
    made = rewind()
  end
end

local at_once, most_frames, most_bytes = 1, 1, 1
while frames < count and bytes < ENOUGH_BYTES do
  local page = read(at_once)
  if page and page.err and made == 0 and string.find(page.err, 'NOGROUP', 1, true) then
    pass_out_of_memory()
    redis.call('XGROUP', 'CREATE', KEYS[1], group, '0', 'MKSTREAM')
    made = 1
    page = read(at_once)
  end
  if page and page.err then
    return page
  end
  local found = page and page[1][2] or {}
  if #found == 0 then
    break
  end
  for _, entry in ipairs(found) do
    entries[#entries + 1] = entry
    -- No fields: it was deleted while it was pending.
    local fields = entry[2] or {}
    local its_frames, its_bytes = math.max(#fields / 2, 1), 0
    for _, value in ipairs(fields) do
      its_bytes = its_bytes + #value
    end
    frames, bytes = frames + its_frames, bytes + its_bytes
    most_frames, most_bytes = math.max(most_frames, its_frames), math.max(most_bytes, its_bytes)
    if after ~= '>' then
      after = entry[1]
    end
  end
  local fitting = math.min((count - frames) / most_frames, (ENOUGH_BYTES - bytes) / most_bytes)
  at_once = math.max(1, math.min(MOST_AT_ONCE, math.floor(fitting)))
end
return { made, entries, looked }
