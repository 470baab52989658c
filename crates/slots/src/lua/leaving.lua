-- Marks a site as about to leave: nothing is assigned to it, and what it holds it still holds.
--
-- KEYS: see the prelude. ARGV: site, session.
-- Answers: the version.
-- Refusals: the prelude's.
local id, session = ARGV[1], ARGV[2]
local group, refusal = enter(id, session)
if not group then return refusal end
local _, leaving, json = member_of(id)
if leaving == '0' then
  redis.call('HSET', SITES, id, session .. ' 1 ' .. json)
  count_leavers()
  announce(group, 'leaving', id, { leaving = '1', json = json }, {})
end
return text(group.version)
