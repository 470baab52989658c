-- Says that a site is there; evicts who was silent for the timeout; gives primaries where they were held back.
--
-- KEYS: see the prelude. ARGV: site, session.
-- Answers: life, version, ms until the next beat could change something, the gaps of versions that were lost
-- ("<after>-<before> ..."), then each site that was evicted.
-- Refusals: the prelude's.
local id, session = ARGV[1], ARGV[2]
local group, refusal = enter(id, session)
if not group then return refusal end
refusal = put_more(group)
if refusal then return refusal end

note_silence(group)
hear(group, id)
local evicted
refusal, evicted = sweep(group)
if refusal then return refusal end
refusal = settle(group)
if refusal then return refusal end

local gaps = redis.call('HGET', GROUP, 'lost') or ''
local answer = { group.life, text(group.version), text(next_change(group)), gaps }
for _, gone in ipairs(evicted) do answer[#answer + 1] = gone end
return answer
