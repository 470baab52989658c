-- Takes a slot from a site, if enough others hold it who stay. The first of them becomes primary if the site was.
--
-- KEYS: see the prelude. ARGV: site, session, slot, floor (the highest epoch of it that the site has seen).
-- Answers: 'removed' and the slot's line; or 'kept', how many others hold it and how many have to.
-- Refusals: the prelude's.
local id, session, slot, floor = ARGV[1], ARGV[2], ARGV[3], integer(ARGV[4])
if not integer(slot) then return refuse('ARGUMENT slot') end
if not floor then return refuse('ARGUMENT floor') end
local group, refusal = enter(id, session)
if refusal then return refusal end
local record
record, refusal = load_slot(slot)
if refusal then return refusal end
local at = holder_at(record, id)
if not at then return { 'removed', line_of(record) } end

local function is_leaving(site)
  local _, leaving = member_of(site)
  return leaving == '1'
end

local others = 0
for _, holder in ipairs(record.holders) do
  if holder.id ~= id and not (group.leavers > 0 and is_leaving(holder.id)) then others = others + 1 end
end
-- Less the mark, who leaves, and the site itself.
local staying = redis.call('HLEN', SITES) - 1 - group.leavers
if not is_leaving(id) then staying = staying - 1 end
local needed = math.max(1, math.min(group.replicas, staying))
if others < needed then return { 'kept', text(others), text(needed) } end

table.remove(record.holders, at)
give(group, record, record.primary == id and elect(group, record) or record.primary, floor)
change_slot(group, 'removed', id, slot, record)
return { 'removed', line_of(record) }
