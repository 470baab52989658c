-- Takes a site out of the group and out of every slot that it holds, at once and with one notice.
--
-- KEYS: see the prelude. ARGV: site, session.
-- Answers: the version; '' if the site was no member under that session, which is what it wants.
-- Refusals: the prelude's, but STRANGER.
local id, session = ARGV[1], ARGV[2]
if not is_id(id) then return refuse('ARGUMENT site') end
if not is_hex(session, 32) then return refuse('ARGUMENT session') end
local state, refusal = condition()
if refusal then return refusal end
if state ~= 'whole' or member_of(id) ~= session then return '' end
local group
group, refusal = load_group()
if refusal then return refusal end
local held
held, refusal = load_held({ id })
if refusal then return refusal end
drop_member(group, held, id, 'left')
count_leavers()
return text(group.version)
