-- Gives the role of a primary that has stopped acting to the first holder that can act, if that is another one.
--
-- KEYS: see the prelude. ARGV: site, session, slot, floor (the highest epoch of it that the site has seen).
-- Answers: the slot's line; nothing has changed if the site is still primary in it, or was not.
-- Refusals: the prelude's.
local id, session, slot, floor = ARGV[1], ARGV[2], ARGV[3], integer(ARGV[4])
if not integer(slot) then return refuse('ARGUMENT slot') end
if not floor then return refuse('ARGUMENT floor') end
local group, refusal = enter(id, session)
if refusal then return refusal end
local record
record, refusal = load_slot(slot)
if refusal then return refusal end
if record.primary == id then
  -- It asks, so it is there, however long ago its last heartbeat was.
  local _, leaving = member_of(id)
  group.ranks[id] = leaving == '1' and 2 or 0
  local primary = elect(group, record)
  if primary ~= id and primary ~= '' and rank(group, primary) == 0 then
    give(group, record, primary, floor)
    change_slot(group, 'handed_over', id, slot, record)
  end
end
return line_of(record)
