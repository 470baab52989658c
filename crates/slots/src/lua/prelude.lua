-- What all scripts of a group share; put in front of each of them.
--
-- KEYS, the same for every script, all with the hash tag {group}:
--   1 group: hash of the settings and of what is common to all, `format` being ours
--   2 sites: hash of site id to "<session> <0|1: leaving> <member as JSON>"
--   3 beats: sorted set of site id by the time of the last heartbeat
--   4 slots: hash of slot number to "<epoch>|<primary or nothing>|<score>=<id>,<score>=<id>..."
--   5 the channel of notices; nothing is kept under it
-- The last three keys bear a mark of ours under `!format`, which no site can be called.
--
-- Times are milliseconds of Redis's clock. Numbers have at most 15 digits, so that a double is exact.
-- Refusals are error replies "MUSTER <CODE> ..."; what every script may answer:
--   FOREIGN <key>    what is under the key is not ours, or damaged; no slot and no member was changed
--   STRANGER         the site is no member, or under another session
--   ARGUMENT <name>  an argument is not what it should be
if redis.replicate_commands then redis.replicate_commands() end

local GROUP, SITES, BEATS, SLOTS, NOTICES = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local FORMAT, MARK = '1', '!format'

local function text(number)
  return string.format('%.0f', number)
end

local function refuse(words)
  return redis.error_reply('MUSTER ' .. words)
end

local function integer(value)
  if value and #value <= 15 and string.find(value, '^%d+$') then return tonumber(value) end
  return nil
end

local function is_id(value)
  return value and #value <= 128 and string.find(value, '^[A-Za-z0-9._:@%-]+$') ~= nil
end

local function is_hex(value, length)
  return value and #value == length and string.find(value, '^[0-9a-f]+$') ~= nil
end

-- By bytes: what Lua compares strings by depends on the server's locale.
local function is_less(one, other)
  for at = 1, math.min(#one, #other) do
    local a, b = string.byte(one, at), string.byte(other, at)
    if a ~= b then return a < b end
  end
  return #one < #other
end

-- Whether a key is 'ours' or 'none'; and else the refusal.
local function whose(key)
  local mark
  if key == BEATS then
    mark = redis.pcall('ZSCORE', key, MARK)
  else
    mark = redis.pcall('HGET', key, key == GROUP and 'format' or MARK)
  end
  if mark == FORMAT then return 'ours' end
  if type(mark) == 'table' and mark.err and not string.find(mark.err, 'WRONGTYPE') then
    return nil, mark
  end
  if not mark and redis.call('EXISTS', key) == 0 then return 'none' end
  return nil, refuse('FOREIGN ' .. key)
end

-- Whether the group is 'whole', 'torn' (some of its keys were lost) or 'none'; and else the refusal.
local function condition()
  local ours = 0
  for _, key in ipairs({ GROUP, SITES, BEATS, SLOTS }) do
    local whose_it_is, refusal = whose(key)
    if refusal then return nil, refusal end
    if whose_it_is == 'ours' then ours = ours + 1 end
  end
  return ours == 4 and 'whole' or ours == 0 and 'none' or 'torn'
end

local function time_now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Which run of a Redis server this is; '' if the user may not ask.
local function server_run()
  local info = redis.pcall('INFO', 'server')
  if type(info) ~= 'string' then return '' end
  return string.match(info, 'run_id:(%x+)') or ''
end

local function set(group, name, value)
  group[name] = value
  redis.call('HSET', GROUP, name, type(value) == 'number' and text(value) or value)
end

-- Another server answers than before, or the same one again: it may lack the last changes and heartbeats.
--
-- So nobody is evicted for a timeout, and versions go on far above all that the other one can have given, 100
-- for each millisecond. One between the last that is known here and the first of this server was lost: who has
-- seen it knows what Redis does not. `lost` has the last 8 of these gaps.
local function note_server(group)
  local run = server_run()
  if run == group.run then return end
  local from = math.max(group.version + 10000000, group.now * 100)
  local gaps = { text(group.version) .. '-' .. text(from + 1) }
  for gap in string.gmatch(group.lost, '%d+%-%d+') do
    if #gaps < 8 then gaps[#gaps + 1] = gap end
  end
  set(group, 'run', run)
  set(group, 'lost', table.concat(gaps, ' '))
  set(group, 'version', from)
  set(group, 'grace', group.now + group.timeout)
end

-- What is common to all slots and sites, with the time; or the refusal.
local function load_group()
  local names = { 'version', 'replicas', 'timeout', 'heartbeat', 'margin', 'hold', 'grace',
    'pending', 'clock', 'armed', 'leavers' }
  local values = redis.call('HMGET', GROUP, 'life', 'run', 'lost', unpack(names))
  local group = { life = values[1], run = values[2], lost = values[3], ranks = {}, doomed = {} }
  for at, name in ipairs(names) do
    group[name] = integer(values[at + 3])
    if not group[name] then return nil, refuse('FOREIGN ' .. GROUP) end
  end
  if not is_hex(group.life, 32) or not group.run or not group.lost then
    return nil, refuse('FOREIGN ' .. GROUP)
  end
  group.now = time_now()
  -- Never later than that, unless the clock was set back.
  group.hold = math.min(group.hold, group.now + group.timeout)
  group.grace = math.min(group.grace, group.now + group.timeout)
  note_server(group)
  return group
end

-- Session, leaving ('0' or '1') and JSON of a site; nil if it is no member.
local function member_of(id)
  local value = redis.call('HGET', SITES, id)
  if not value then return nil end
  local session, leaving, json = string.match(value, '^(%x+) ([01]) (.*)$')
  return session, leaving, json
end

-- The group, if the site that asks is a member of it; or the refusal.
local function enter(id, session)
  if not is_id(id) then return nil, refuse('ARGUMENT site') end
  if not is_hex(session, 32) then return nil, refuse('ARGUMENT session') end
  local state, refusal = condition()
  if refusal then return nil, refusal end
  if state ~= 'whole' then return nil, refuse('STRANGER') end
  if member_of(id) ~= session then return nil, refuse('STRANGER') end
  return load_group()
end

-- A slot's record of its line; nil if the line is not ours.
local function parse(line)
  local record = { epoch = 0, primary = '', holders = {} }
  if not line then return record end
  local epoch, primary, rest = string.match(line, '^(%d+)|([^|]*)|([^|]*)$')
  record.epoch, record.primary = integer(epoch), primary
  if not record.epoch then return nil end
  local length = -1
  for score, id in string.gmatch(rest, '(%x+)=([^,=]+)') do
    if #score ~= 16 then return nil end
    length = length + #score + #id + 2
    record.holders[#record.holders + 1] = { score = score, id = id }
  end
  if math.max(length, 0) ~= #rest then return nil end
  return record
end

local function line_of(record)
  local holders = {}
  for at, holder in ipairs(record.holders) do
    holders[at] = holder.score .. '=' .. holder.id
  end
  return text(record.epoch) .. '|' .. record.primary .. '|' .. table.concat(holders, ',')
end

local function json_of(slot, record)
  local holders = {}
  for at, holder in ipairs(record.holders) do
    holders[at] = '"' .. holder.id .. '"'
  end
  local primary = record.primary == '' and 'null' or '"' .. record.primary .. '"'
  return '[' .. slot .. ',' .. text(record.epoch) .. ',' .. primary .. ',['
    .. table.concat(holders, ',') .. ']]'
end

-- The record of one slot, or the refusal.
local function load_slot(slot)
  local record = parse(redis.call('HGET', SLOTS, slot))
  if record then return record end
  return nil, refuse('FOREIGN ' .. SLOTS)
end

local function holder_at(record, id)
  for at, holder in ipairs(record.holders) do
    if holder.id == id then return at end
  end
  return nil
end

-- Puts a site where its score puts it: the highest first, equal ones by id.
local function put_holder(record, id, score)
  local at = 1
  for _, other in ipairs(record.holders) do
    local is_behind = is_less(other.score, score)
      or (other.score == score and is_less(id, other.id))
    if is_behind then break end
    at = at + 1
  end
  table.insert(record.holders, at, { score = score, id = id })
end

-- How fit a holder is to be primary: 0 is, 1 cannot act for it was silent for as long as its lease, 2 is
-- about to leave, 3 is gone.
local function rank(group, id)
  local known = group.ranks[id]
  if known then return known end
  local session, leaving = member_of(id)
  local beat = tonumber(redis.call('ZSCORE', BEATS, id) or '0')
  local fitness = 0
  if group.doomed[id] or not session then
    fitness = 3
  elseif leaving == '1' then
    fitness = 2
  elseif group.now - beat >= group.timeout - group.margin then
    fitness = 1
  end
  group.ranks[id] = fitness
  return fitness
end

-- Who is to be primary: of the fittest holders the first. Nobody while primaries of an earlier life may act.
local function elect(group, record)
  if group.now < group.hold then return '' end
  local elected, best = '', 3
  for _, holder in ipairs(record.holders) do
    local fitness = rank(group, holder.id)
    if fitness < best then elected, best = holder.id, fitness end
  end
  return elected
end

-- Makes a site, or nobody, primary. The epoch grows above what was, what the clock says and what the asking
-- site has seen; it also grows if the site has seen a higher one, which was lost here.
local function give(group, record, primary, floor)
  if record.primary == primary and floor <= record.epoch then return end
  record.primary = primary
  record.epoch = math.max(record.epoch + 1, group.now, floor + 1)
end

-- Tells everybody of one change, under the next number.
local function announce(group, event, site, member, slots)
  group.version = redis.call('HINCRBY', GROUP, 'version', 1)
  local notice = { '{"life":"', group.life, '","version":', text(group.version), ',"event":"', event, '"' }
  if site then
    notice[#notice + 1] = ',"site":"' .. site .. '"'
  end
  if member then
    notice[#notice + 1] = ',"leaving":' .. tostring(member.leaving == '1') .. ',"member":' .. member.json
  end
  notice[#notice + 1] = ',"slots":[' .. table.concat(slots, ',') .. ']}'
  redis.call('PUBLISH', NOTICES, table.concat(notice))
end

-- Writes one slot that changed and tells everybody.
local function change_slot(group, event, site, slot, record)
  redis.call('HSET', SLOTS, slot, line_of(record))
  if record.primary == '' and #record.holders > 0 and group.pending == 0 then
    redis.call('HSET', GROUP, 'pending', 1)
  end
  announce(group, event, site, nil, { json_of(slot, record) })
end

-- The slots of which `is_meant` says so by their line, as { slot, record }; or the refusal.
local function load_slots(is_meant)
  local flat, found = redis.call('HGETALL', SLOTS), {}
  for at = 1, #flat, 2 do
    local slot, line = flat[at], flat[at + 1]
    if slot ~= MARK and is_meant(line) then
      local record = parse(line)
      if not record or not integer(slot) then return nil, refuse('FOREIGN ' .. SLOTS) end
      found[#found + 1] = { slot, record }
    end
  end
  return found
end

-- The slots that any of some sites holds, and perhaps others.
local function load_held(ids)
  local needles = {}
  for at, id in ipairs(ids) do needles[at] = '=' .. id end
  return load_slots(function(line)
    for _, needle in ipairs(needles) do
      if string.find(line, needle, 1, true) then return true end
    end
    return false
  end)
end

-- Writes slots that changed, and returns them as they are told of.
local function write_slots(changed)
  local told = {}
  for at, of in ipairs(changed) do
    redis.call('HSET', SLOTS, of[1], line_of(of[2]))
    told[at] = json_of(of[1], of[2])
  end
  return told
end

-- How many members are about to leave, which removals need to know.
local function count_leavers()
  local values, leavers = redis.call('HVALS', SITES), 0
  for _, value in ipairs(values) do
    if string.find(value, '^%x+ 1 ') then leavers = leavers + 1 end
  end
  redis.call('HSET', GROUP, 'leavers', leavers)
end

-- Takes a member out of the group and out of every slot that it holds, with one notice.
local function drop_member(group, held, id, event)
  local changed = {}
  group.doomed[id], group.ranks[id] = true, nil
  for _, of in ipairs(held) do
    local record = of[2]
    local at = holder_at(record, id)
    if at then
      table.remove(record.holders, at)
      if record.primary == id then give(group, record, elect(group, record), 0) end
      changed[#changed + 1] = of
    end
  end
  redis.call('HDEL', SITES, id)
  redis.call('ZREM', BEATS, id)
  announce(group, event, id, nil, write_slots(changed))
end
