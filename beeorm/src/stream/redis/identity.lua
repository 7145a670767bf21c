-- What tells an entry from another one with its id: of each frame the length and the beginning,
-- which holds the frame's own id. As in identity.rs.
local lengths = {} -- As text, which Lua takes long to make.
local function identity(fields)
  local parts = {}
  for i = 1, #fields, 2 do
    if fields[i] == 'f' then
      local frame = fields[i + 1]
      local length = lengths[#frame]
      if not length then
        length = #frame .. ':'
        lengths[#frame] = length
      end
      parts[#parts + 1] = length
      parts[#parts + 1] = string.sub(frame, 1, 32)
    end
  end
  return table.concat(parts)
end
