-- What all scripts of a group share; put in front of each of them. What is here is made anew by every call, so what
-- only some of them need is in files of its own.
--
-- KEYS, the same for every script, all with the hash tag {group}:
--   1 group: hash of the settings and of what is common to all, `format` being ours
--   2 sites: hash of site id to "<session> <0|1: leaving> <member as JSON>"
--   3 beats: sorted set of site id by the time of the last heartbeat
--   4 slots: hash of slot number to "<epoch>|<primary or nothing>|<score>=<id>,<score>=<id>..."
-- The last three keys bear a mark of ours under `!format`, which no site can be called.
--
-- Notices are told in a channel that is called like the keys, and is none: a server of a cluster that gives a hash slot
-- away answers TRYAGAIN to who asks for a key that is not there.
--
-- Times are milliseconds of Redis's clock. Numbers have at most 15 digits, so that a double is exact.
-- Refusals are error replies "MUSTER <CODE> ..."; what every script may answer:
--   FOREIGN <key>    what is under the key is not ours, or damaged; no slot and no member was changed
--   STRANGER         the site is no member, or under another session
--   ARGUMENT <name>  an argument is not what it should be
if redis.replicate_commands then redis.replicate_commands() end

local GROUP, SITES, BEATS, SLOTS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local NOTICES = string.gsub(GROUP, 'group$', 'notices')
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

-- An epoch or a version that a site has seen; short of the most by more than changes can ever add.
local function seen_number(value)
  local number = integer(value)
  return number and number <= 900000000000000 and number or nil
end

local function is_slot(value)
  return value == '0' or value and #value <= 5 and string.find(value, '^[1-9]%d*$') and tonumber(value) < 16384
end

local function is_id(value)
  return value and #value <= 128 and string.find(value, '^[A-Za-z0-9._:@%-]+$') ~= nil
end

local function is_hex(value, length)
  return value and #value == length and string.find(value, '^[0-9a-f]+$') ~= nil
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

local function set(group, name, value)
  group[name] = value
  redis.call('HSET', GROUP, name, type(value) == 'number' and text(value) or value)
end

-- What Redis says of itself; '' if the user may not ask.
local function server_info()
  local info = redis.pcall('INFO', 'server')
  return type(info) == 'string' and info or ''
end

-- Which run of a server that is.
local function run_in(info)
  return string.match(info, 'run_id:(%x+)') or ''
end

-- Another server answers than before, or the same one again: it may lack the last changes and heartbeats.
--
-- So nobody is evicted for a timeout, and versions go on far above all that the other one can have given, 100
-- for each millisecond. One between the last that is known here and that from which this server goes on was lost: who
-- has seen it knows what Redis does not. `lost` has the last 8 of these gaps. It is noted by whatever comes first, before
-- a version is given here that the other server may have given too.
local function note_server(group)
  local info = server_info()
  -- One who may not ask does not know.
  if info == '' or #group.run > 0 and string.find(info, group.run, 1, true) then return end
  local from = math.max(group.version + 10000000, group.now * 100)
  local gaps = { text(group.version) .. '-' .. text(from) }
  for gap in string.gmatch(redis.call('HGET', GROUP, 'lost') or '', '%d+%-%d+') do
    if #gaps < 8 then gaps[#gaps + 1] = gap end
  end
  set(group, 'run', run_in(info))
  set(group, 'lost', table.concat(gaps, ' '))
  set(group, 'version', from)
  set(group, 'grace', group.now + group.timeout)
end

-- What Redis has under some names, as numbers of the group; or the refusal.
local function put_numbers(group, names, values)
  for at, name in ipairs(names) do
    group[name] = integer(values[at])
    if not group[name] then return refuse('FOREIGN ' .. GROUP) end
  end
  return nil
end

local function load_numbers(group, ...)
  return put_numbers(group, { ... }, redis.call('HMGET', GROUP, ...))
end

-- What every change needs to know of the group, as Redis has it.
local function read_group()
  return redis.pcall('HMGET', GROUP, 'version', 'timeout', 'margin', 'hold', 'pending', 'format', 'life', 'run')
end

-- The group of what was read, with the time; or the refusal.
local function group_of(values)
  local group = { life = values[7], run = values[8], ranks = {}, doomed = {} }
  local refusal = put_numbers(group, { 'version', 'timeout', 'margin', 'hold', 'pending' }, values)
  if refusal then return nil, refusal end
  if not is_hex(group.life, 32) or not group.run then return nil, refuse('FOREIGN ' .. GROUP) end
  group.now = time_now()
  -- Never later than that, unless the clock was set back.
  group.hold = math.min(group.hold, group.now + group.timeout)
  note_server(group)
  return group
end

local function load_group()
  return group_of(read_group())
end

-- Session, leaving ('0' or '1') and JSON of a site; nil if it is no member.
local function member_of(id)
  return string.match(redis.call('HGET', SITES, id) or '', '^(%x+) ([01]) (.*)$')
end

-- The group, if the site that asks is a member of it, and the line of a slot, if one is meant; or nil and the refusal.
--
-- One command for each key says whether it is ours, with what is needed of it; why one is not is asked afterwards.
local function enter(id, session, slot)
  local common = read_group()
  local sites = redis.pcall('HMGET', SITES, MARK, id)
  local beats = redis.pcall('ZMSCORE', BEATS, MARK, id)
  local slots = redis.pcall('HMGET', SLOTS, MARK, slot or MARK)
  local is_ours = common[6] == FORMAT and sites[1] == FORMAT and beats[1] == FORMAT and slots[1] == FORMAT
  if not is_ours then
    for _, values in ipairs({ common, sites, beats, slots }) do
      if values.err and not string.find(values.err, 'WRONGTYPE') then return nil, values end
    end
    local _, refusal = condition()
    return nil, refusal or refuse('STRANGER')
  end
  local known, leaving = string.match(sites[2] or '', '^(%x+) ([01]) ')
  if not known or known ~= session then
    if not is_id(id) then return nil, refuse('ARGUMENT site') end
    if not is_hex(session, 32) then return nil, refuse('ARGUMENT session') end
    return nil, refuse('STRANGER')
  end
  local group, refusal = group_of(common)
  if refusal then return nil, refusal end
  group.leaving, group.beat = leaving, beats[2]
  return group, slots[2]
end

-- Tells everybody of one change, under the next number.
local function announce(group, event, site, member, slots)
  group.version = redis.call('HINCRBY', GROUP, 'version', 1)
  local told = { '{"life":"', group.life, '","version":', text(group.version), ',"event":"', event, '"',
    site and ',"site":"' .. site .. '"' or '',
    member and ',"leaving":' .. tostring(member.leaving == '1') .. ',"member":' .. member.json or '',
    ',"slots":[', table.concat(slots, ','), ']}' }
  redis.call('PUBLISH', NOTICES, table.concat(told))
end

-- How many members are about to leave, which removals need to know.
local function count_leavers()
  local values, leavers = redis.call('HVALS', SITES), 0
  for _, value in ipairs(values) do
    if string.find(value, '^%x+ 1 ') then leavers = leavers + 1 end
  end
  redis.call('HSET', GROUP, 'leavers', leavers)
end
