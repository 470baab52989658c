-- What one slot is, and who is its primary. Put behind the prelude, in front of what changes slots.

-- By bytes: what Lua compares strings by depends on the server's locale.
local function is_less(one, other)
  for at = 1, math.min(#one, #other) do
    local a, b = string.byte(one, at), string.byte(other, at)
    if a ~= b then return a < b end
  end
  return #one < #other
end

-- A slot's record of its line; nil if the line is not ours. Its holders are in `entries` as in the line, and in `ids`.
local function parse(line)
  local record = { epoch = 0, primary = '', entries = {}, ids = {} }
  if not line then return record end
  local epoch, primary, rest = string.match(line, '^(%d+)|([^|]*)|([^|]*)$')
  record.epoch, record.primary = integer(epoch), primary
  if not record.epoch then return nil end
  local length, count = -1, 0
  for entry, id in string.gmatch(rest, '(%x+=([^,=]+))') do
    if #entry ~= #id + 17 then return nil end
    length, count = length + #entry + 1, count + 1
    record.entries[count], record.ids[count] = entry, id
  end
  if math.max(length, 0) ~= #rest then return nil end
  return record
end

-- A slot's line, and how it is told of.
local function texts_of(slot, record)
  local epoch = text(record.epoch)
  local line = epoch .. '|' .. record.primary .. '|' .. table.concat(record.entries, ',')
  local primary = record.primary == '' and 'null' or '"' .. record.primary .. '"'
  local ids = #record.ids == 0 and '' or '"' .. table.concat(record.ids, '","') .. '"'
  return line, '[' .. slot .. ',' .. epoch .. ',' .. primary .. ',[' .. ids .. ']]'
end

local function holder_at(record, id)
  for at, holder in ipairs(record.ids) do
    if holder == id then return at end
  end
  return nil
end

local function take_holder(record, at)
  table.remove(record.entries, at)
  table.remove(record.ids, at)
end

-- Puts a site where its score puts it: the highest first, equal ones by id.
local function put_holder(record, id, score)
  local at = 1
  for place, other in ipairs(record.ids) do
    local its = string.sub(record.entries[place], 1, 16)
    if is_less(its, score) or its == score and is_less(id, other) then break end
    at = place + 1
  end
  table.insert(record.entries, at, score .. '=' .. id)
  table.insert(record.ids, at, id)
end

-- How fit a holder is to be primary: 0 is, 1 cannot act for it was silent for as long as its lease, 2 is
-- about to leave, 3 is gone.
local function fitness(group, leaving, beat)
  if leaving == '1' then return 2 end
  local silence = group.now - (tonumber(beat) or 0)
  return silence >= group.timeout - group.margin and 1 or 0
end

local function rank(group, id)
  local known = group.ranks[id]
  if known then return known end
  local session, leaving = member_of(id)
  local is_gone = group.doomed[id] or not session
  known = is_gone and 3 or fitness(group, leaving, redis.call('ZSCORE', BEATS, id))
  group.ranks[id] = known
  return known
end

-- Who is to be primary: of the fittest holders the first. Nobody while primaries of an earlier life may act.
local function elect(group, record)
  if group.now < group.hold then return '' end
  local elected, best = '', 3
  for _, holder in ipairs(record.ids) do
    local fitness = rank(group, holder)
    if fitness < best then elected, best = holder, fitness end
  end
  return elected
end

-- Makes a site, or nobody, primary. The epoch grows above what was and what the clock says.
local function give(group, record, primary)
  if record.primary == primary then return end
  record.primary = primary
  record.epoch = math.max(record.epoch + 1, group.now)
end
