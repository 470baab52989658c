-- Makes a site a holder of a slot, or changes its score. It becomes primary if there is none and primaries are
-- given; it never takes the role from another.
--
-- Nothing is done for a site that has not copied the slot since its primary became it: what was written since is not
-- there, and would be lost if the site were elected. Without a primary nobody writes, and who says so first counts.
--
-- KEYS: see the prelude.
-- ARGV: site, session, slot, floor (the highest epoch of the slot that the site has seen), score (16 hex digits),
--       copied (the epoch under which it has copied the slot, or 0).
-- Answers: the slot's line.
-- Refusals: the prelude's.
local id, score, copied = ARGV[1], ARGV[5], seen_number(ARGV[6])
if not is_hex(score, 16) then return refuse('ARGUMENT score') end
if not copied then return refuse('ARGUMENT copied') end
local group, record, floor = open_slot()
if not group then return record end

mend(group, record, floor)
local at = holder_at(record, id)
if not at and record.primary ~= '' and record.epoch > copied then return record.line end
if at then take_holder(record, at) end
put_holder(record, id, score)
if record.primary == '' then give(group, record, elect(group, record)) end
return change_slot(group, 'added', id, record)
