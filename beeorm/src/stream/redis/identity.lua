-- What tells an entry from another one with its id: of each frame the length and the beginning,
-- which holds the frame's own id. As in identity.rs.
local function identity(fields)
  local parts = {}
  for i = 1, #fields, 2 do
    if fields[i] == 'f' then
      parts[#parts + 1] = #fields[i + 1] .. ':' .. string.sub(fields[i + 1], 1, 32)
    end
  end
  return table.concat(parts)
end
