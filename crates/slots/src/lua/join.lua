-- Makes a site a member, and the group if there is none; a member under the same session is renewed.
--
-- KEYS: see the prelude.
-- ARGV: site, session, member as JSON, life for a group that has to be made, life and version that the site
-- has seen last ('' and 0 if none), then slots, replicas, min_sites, timeout, heartbeat, margin (ms), spread.
-- Answers: life, version, ms until primaries are given (0: they are), ms until the next beat could change
-- something.
-- Refusals, beside the prelude's: MISMATCH <field> <what Redis has> <what the site has>; TAKEN <ms until
-- the live session of that id could be evicted>.
--
-- What was lost is handled here. Without a group a new life begins, in which nobody is primary for a timeout:
-- sites of an earlier life may act until their leases end. If the site has seen a version of this life that Redis
-- has not, or had from another server, writes were lost, and the same is done within the life.
local id, session, json, fresh, seen_life = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local seen = seen_number(ARGV[6])
local fields = { 'slots', 'replicas', 'min_sites', 'timeout', 'heartbeat', 'margin', 'spread' }

if not is_id(id) then return refuse('ARGUMENT site') end
if not is_hex(session, 32) then return refuse('ARGUMENT session') end
if not is_hex(fresh, 32) then return refuse('ARGUMENT life') end
if not seen then return refuse('ARGUMENT version') end
if #json > 4096 or not pcall(cjson.decode, json) then return refuse('ARGUMENT member') end
for at, field in ipairs(fields) do
  local value = ARGV[6 + at]
  local is_fine = field == 'spread' and value and string.find(value, '^[a-z]+:?%d*$')
  if not is_fine and not integer(value) then return refuse('ARGUMENT ' .. field) end
end

local function write_settings()
  for at, field in ipairs(fields) do
    redis.call('HSET', GROUP, field, ARGV[6 + at])
  end
end

local function create()
  local now = time_now()
  redis.call('DEL', GROUP, SITES, BEATS, SLOTS)
  redis.call('HSET', GROUP, 'format', FORMAT, 'life', fresh, 'version', 0, 'clock', text(now), 'armed', 0,
    'grace', 0, 'hold', text(now + tonumber(ARGV[10])), 'pending', 1, 'leavers', 0, 'run', run_in(server_info()),
    'lost', '')
  write_settings()
  redis.call('HSET', SITES, MARK, FORMAT)
  redis.call('ZADD', BEATS, FORMAT, MARK)
  redis.call('HSET', SLOTS, MARK, FORMAT)
end

-- The field in which the site's settings differ from the group's, and what the group has.
local function difference()
  for at, field in ipairs(fields) do
    local theirs = redis.call('HGET', GROUP, field) or ''
    if theirs ~= ARGV[6 + at] then return field, theirs, ARGV[6 + at] end
  end
  return nil
end

-- Whether the site has seen a version that Redis does not have.
local function has_lost(group)
  if seen_life ~= group.life then return false end
  for after, before in string.gmatch(redis.call('HGET', GROUP, 'lost') or '', '(%d+)%-(%d+)') do
    if tonumber(after) < seen and seen < tonumber(before) then return true end
  end
  return seen > group.version
end

-- Writes were lost that the site knows of: nobody is primary until all leases have ended.
local function forget_primaries(group)
  local led, refusal = load_slots(function(line)
    return not string.find(line, '||', 1, true)
  end)
  if refusal then return refusal end
  for _, of in ipairs(led) do
    give(group, of[2], '')
  end
  set(group, 'hold', group.now + group.timeout)
  set(group, 'grace', group.now + group.timeout)
  set(group, 'pending', 1)
  set(group, 'version', math.max(group.version, seen))
  -- Whatever they were, the gaps are overridden.
  set(group, 'lost', '')
  announce(group, 'settled', nil, nil, write_slots(led))
  return nil
end

local state, refusal = condition()
if refusal then return refusal end
if state ~= 'whole' then create() end
local group
group, refusal = load_all()
if refusal then return refusal end

local is_renewed = member_of(id) == session
note_silence(group)
if is_renewed then hear(group, id) end
refusal = sweep(group)
if refusal then return refusal end

local field, theirs, ours = difference()
if field and redis.call('HLEN', SITES) > 1 then
  return refuse('MISMATCH ' .. field .. ' ' .. theirs .. ' ' .. ours)
elseif field then
  -- Nobody is left who knows it otherwise. It is another life, so that whoever follows it looks again.
  write_settings()
  set(group, 'life', fresh)
  group, refusal = load_all()
  if refusal then return refusal end
end

local other, leaving, before = member_of(id)
if other and other ~= session then
  local beat = tonumber(redis.call('ZSCORE', BEATS, id) or '0')
  local free = math.max(beat + group.timeout, group.grace)
  return refuse('TAKEN ' .. text(math.max(free - group.now, 1)))
end
if has_lost(group) then
  refusal = forget_primaries(group)
  if refusal then return refusal end
end

hear(group, id)
if before ~= json or leaving ~= '0' then
  redis.call('HSET', SITES, id, session .. ' 0 ' .. json)
  count_leavers()
  announce(group, 'joined', id, { leaving = '0', json = json }, {})
end
local hold = group.pending == 1 and math.max(group.hold - group.now, 0) or 0
return { group.life, text(group.version), text(hold), text(next_change(group)) }
