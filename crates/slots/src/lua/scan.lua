-- What changes many slots at once. Put behind what is said of one slot.

-- The slots of which `is_meant` says so by their line, as { slot, record }; or the refusal.
local function load_slots(is_meant)
  local flat, found = redis.call('HGETALL', SLOTS), {}
  for at = 1, #flat, 2 do
    local slot, line = flat[at], flat[at + 1]
    if slot ~= MARK and is_meant(line) then
      local record = parse(line)
      if not record or not is_slot(slot) then return nil, refuse('FOREIGN ' .. SLOTS) end
      found[#found + 1] = { slot, record }
    end
  end
  return found
end

-- The slots that any of some sites holds, and perhaps others.
local function load_held(ids)
  local needles = {}
  for at, id in ipairs(ids) do needles[at] = '=' .. id end
  return load_slots(function(line)
    for _, needle in ipairs(needles) do
      if string.find(line, needle, 1, true) then return true end
    end
    return false
  end)
end

-- Writes slots that changed, 1,000 at a time, and returns them as they are told of.
local function write_slots(changed)
  local told, lines = {}, {}
  for at, of in ipairs(changed) do
    local line
    line, told[at] = texts_of(of[1], of[2])
    lines[#lines + 1], lines[#lines + 2] = of[1], line
    if #lines == 2000 or at == #changed then
      redis.call('HSET', SLOTS, unpack(lines))
      lines = {}
    end
  end
  return told
end

-- Takes a member out of the group and out of every slot that it holds, with one notice.
local function drop_member(group, held, id, event)
  local changed = {}
  group.doomed[id], group.ranks[id] = true, nil
  for _, of in ipairs(held) do
    local record = of[2]
    local at = holder_at(record, id)
    if at then
      take_holder(record, at)
      if record.primary == id then give(group, record, elect(group, record)) end
      -- Primaries may be held back again, by a clock that was set back.
      if record.primary == '' and #record.ids > 0 and group.pending == 0 then set(group, 'pending', 1) end
      changed[#changed + 1] = of
    end
  end
  redis.call('HDEL', SITES, id)
  redis.call('ZREM', BEATS, id)
  announce(group, event, id, nil, write_slots(changed))
end
