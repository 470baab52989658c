-- Gives the role of a primary that has stopped acting to the first holder that can act, if that is another one.
--
-- KEYS: see the prelude. ARGV: site, session, slot, floor (the highest epoch of it that the site has seen).
-- Answers: the slot's line; nothing has changed if the site is still primary in it, or was not, or if the epoch is
-- above the floor (as in `fail`).
-- Refusals: the prelude's.
local id = ARGV[1]
local group, record, floor = open_slot()
if not group then return record end
if mend(group, record, floor) then return change_slot(group, 'settled', nil, record) end
if record.primary ~= id or record.epoch > floor then return record.line end
-- It asks, so it is there, however long ago its last heartbeat was.
group.ranks[id] = group.leaving == '1' and 2 or 0
local primary = elect(group, record)
if primary == '' or rank(group, primary) > 0 then return record.line end
give(group, record, primary)
return change_slot(group, 'handed_over', id, record)
