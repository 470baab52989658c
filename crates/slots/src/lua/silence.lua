-- What `join` and `beat` share: who was silent for too long. Put behind what changes many slots, in front of each.

-- Puts into the group what only these two need to know; a refusal, or nothing.
local function put_more(group)
  local refusal = load_numbers(group, 'heartbeat', 'grace', 'clock', 'armed')
  if refusal then return refusal end
  -- Never later than that, unless the clock was set back.
  group.grace = math.min(group.grace, group.now + group.timeout)
  return nil
end

-- The whole group; or the refusal.
local function load_all()
  local group, refusal = load_group()
  if group then refusal = put_more(group) end
  return group, refusal
end

-- Notes whether sites may have been unable to be heard; if so, nobody is evicted for a timeout from now on.
--
-- That is so when nobody was heard for long: Redis was away, or its clock jumped. One silence gives one reprieve:
-- `armed` is the time since which all were silent when it was given, so that one who asks in vain now and
-- then does not keep the dead alive.
local function note_silence(group)
  local most = math.max(group.timeout / 2, group.heartbeat + group.timeout / 8)
  local gap = math.abs(group.now - group.clock)
  if gap > most and group.armed ~= group.clock then
    set(group, 'armed', group.clock)
    set(group, 'grace', group.now + group.timeout)
    -- May be shorter than it was, if the clock was set back.
    set(group, 'hold', group.hold)
  end
  -- Heartbeats of the future would last too long.
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', BEATS, '(' .. text(group.now), '+inf')) do
    redis.call('ZADD', BEATS, text(group.now), id)
  end
end

-- A site is heard now.
local function hear(group, id)
  redis.call('ZADD', BEATS, text(group.now), id)
  set(group, 'clock', group.now)
end

-- Gives slots that wait for it a primary; a refusal, or nothing.
local function settle(group)
  if group.pending == 0 or group.now < group.hold then return nil end
  local waiting, refusal = load_slots(function(line)
    return string.find(line, '||', 1, true) and string.sub(line, -1) ~= '|'
  end)
  if refusal then return refusal end
  for _, of in ipairs(waiting) do
    give(group, of[2], elect(group, of[2]))
  end
  set(group, 'pending', 0)
  if #waiting > 0 then announce(group, 'settled', nil, nil, write_slots(waiting)) end
  return nil
end

-- Evicts whoever was silent for the timeout, unless there is a reprieve; a refusal, or nothing; and whom.
local function sweep(group)
  if group.now < group.grace then return nil, {} end
  -- The mark is older than every heartbeat.
  local ids = redis.call('ZRANGEBYSCORE', BEATS, '(1', text(group.now - group.timeout))
  if #ids == 0 then return nil, ids end
  local held, refusal = load_held(ids)
  if refusal then return refusal, {} end
  for _, id in ipairs(ids) do group.doomed[id] = true end
  for _, id in ipairs(ids) do drop_member(group, held, id, 'evicted') end
  count_leavers()
  return nil, ids
end

-- In how many milliseconds the next site could be evicted, or slots be given primaries; at most the timeout.
local function next_change(group)
  local oldest = redis.call('ZRANGEBYSCORE', BEATS, '(1', '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  local at = (tonumber(oldest[2]) or group.now) + group.timeout
  at = math.max(at, group.grace)
  if group.pending == 1 then at = math.min(at, group.hold) end
  return math.min(math.max(at - group.now, 0), group.timeout)
end
