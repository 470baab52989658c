-- Makes a site a holder of a slot, or changes its score. It becomes primary if there is none and primaries are
-- given; it never takes the role from another.
--
-- KEYS: see the prelude.
-- ARGV: site, session, slot, floor (the highest epoch of the slot that the site has seen), score (16 hex digits).
-- Answers: the slot's line.
-- Refusals: the prelude's.
local id, session, slot, floor, score = ARGV[1], ARGV[2], ARGV[3], integer(ARGV[4]), ARGV[5]
if not integer(slot) then return refuse('ARGUMENT slot') end
if not floor then return refuse('ARGUMENT floor') end
if not is_hex(score, 16) then return refuse('ARGUMENT score') end
local group, refusal = enter(id, session)
if refusal then return refusal end
local record
record, refusal = load_slot(slot)
if refusal then return refusal end

local before = line_of(record)
local at = holder_at(record, id)
if not at or record.holders[at].score ~= score then
  if at then table.remove(record.holders, at) end
  put_holder(record, id, score)
end
local primary = record.primary
if primary == '' then primary = elect(group, record) end
give(group, record, primary, floor)
if line_of(record) ~= before then change_slot(group, 'added', id, slot, record) end
return line_of(record)
