-- Takes a slot from a site that cannot go on with it, whoever else holds it. The first other holder becomes primary
-- if the site was, or nobody.
--
-- Nothing is taken if the slot's epoch is above the floor, or was lost: a call that was made before a change that
-- the site did not know of would take away what was given to it since. The site sees the epoch and asks again.
--
-- KEYS: see the prelude. ARGV: site, session, slot, floor (the highest epoch of it that the site has seen).
-- Answers: the slot's line.
-- Refusals: the prelude's.
local id = ARGV[1]
local group, record, floor = open_slot()
if not group then return record end
local at = holder_at(record, id)
if mend(group, record, floor) then return change_slot(group, 'settled', nil, record) end
if not at or record.epoch > floor then return record.line end
take_holder(record, at)
if record.primary == id then give(group, record, elect(group, record)) end
return change_slot(group, 'failed', id, record)
