-- Takes a slot from a site that cannot go on with it, whoever else holds it. The first other holder becomes primary
-- if the site was, or nobody.
--
-- KEYS: see the prelude. ARGV: site, session, slot, floor (the highest epoch of it that the site has seen).
-- Answers: the slot's line.
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
if at then
  table.remove(record.holders, at)
  give(group, record, record.primary == id and elect(group, record) or record.primary, floor)
  change_slot(group, 'failed', id, slot, record)
end
return line_of(record)
