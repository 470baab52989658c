-- What the calls about one slot share. Put behind what is said of slots, in front of each of them.
--
-- ARGV: site, session, slot, floor (the highest epoch of the slot that the site has seen).

-- The group, the slot's record and the floor; or nil and the refusal.
local function open_slot()
  local id, slot, floor = ARGV[1], ARGV[3], seen_number(ARGV[4])
  if not is_slot(slot) then return nil, refuse('ARGUMENT slot') end
  if not floor then return nil, refuse('ARGUMENT floor') end
  local group, line = enter(id, ARGV[2], slot)
  if not group then return nil, line end
  local record = parse(line)
  if not record then return nil, refuse('FOREIGN ' .. SLOTS) end
  group.ranks[id] = fitness(group, group.leaving, group.beat)
  record.line = line or '0||'
  return group, record, floor
end

-- Whether the site has seen a higher epoch of the slot than there is: changes were lost here. If so it is mended.
--
-- Whoever was primary under the epoch that was lost may act until its lease ends. So nobody is primary from now
-- on, of no slot is one made for a timeout, and the epoch is above what the site has seen.
local function mend(group, record, floor)
  if floor <= record.epoch then return false end
  record.primary = ''
  record.epoch = math.max(floor + 1, group.now)
  set(group, 'hold', group.now + group.timeout)
  set(group, 'pending', 1)
  return true
end

-- Writes the slot and tells everybody, if it has changed; its line.
local function change_slot(group, event, site, record)
  local line, told = texts_of(ARGV[3], record)
  if line == record.line then return line end
  redis.call('HSET', SLOTS, ARGV[3], line)
  if record.primary == '' and #record.ids > 0 and group.pending == 0 then set(group, 'pending', 1) end
  announce(group, event, site, nil, { told })
  return line
end
