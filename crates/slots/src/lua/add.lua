-- Makes a site a holder of a slot, or changes its score. It becomes primary if there is none and primaries are
-- given; it never takes the role from another.
--
-- KEYS: see the prelude.
-- ARGV: site, session, slot, floor (the highest epoch of the slot that the site has seen), score (16 hex digits).
-- Answers: the slot's line.
-- Refusals: the prelude's.
local id, score = ARGV[1], ARGV[5]
if not is_hex(score, 16) then return refuse('ARGUMENT score') end
local group, record, floor = open_slot()
if not group then return record end

local at = holder_at(record, id)
if at then take_holder(record, at) end
put_holder(record, id, score)
mend(group, record, floor)
if record.primary == '' then give(group, record, elect(group, record)) end
return change_slot(group, 'added', id, record)
