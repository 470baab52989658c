-- Takes a slot from a site, if enough others hold it who stay. The first of them becomes primary if the site was.
--
-- KEYS: see the prelude. ARGV: site, session, slot, floor (the highest epoch of it that the site has seen).
-- Answers: 'removed' and the slot's line; 'kept', how many others hold it and how many have to; or 'overtaken' and
-- the line, if the site holds it still because the epoch is above the floor (as in `fail`).
-- Refusals: the prelude's.
local id = ARGV[1]
local group, record, floor = open_slot()
if not group then return record end
local at, line = holder_at(record, id), record.line
if mend(group, record, floor) then line = change_slot(group, 'settled', nil, record) end
if not at then return { 'removed', line } end
if record.epoch > floor then return { 'overtaken', line } end

local function is_leaving(site)
  local _, leaving = member_of(site)
  return leaving == '1'
end

local refusal = load_numbers(group, 'replicas', 'leavers')
if refusal then return refusal end
local others = 0
for _, holder in ipairs(record.ids) do
  if holder ~= id and not (group.leavers > 0 and is_leaving(holder)) then others = others + 1 end
end
-- Less the mark, who leaves, and the site itself.
local staying = redis.call('HLEN', SITES) - 1 - group.leavers
if group.leaving == '0' then staying = staying - 1 end
local needed = math.max(1, math.min(group.replicas, staying))
if others < needed then return { 'kept', text(others), text(needed) } end

take_holder(record, at)
if record.primary == id then give(group, record, elect(group, record)) end
return { 'removed', change_slot(group, 'removed', id, record) }
