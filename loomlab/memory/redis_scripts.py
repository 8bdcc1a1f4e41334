"""What happens to Redis in one piece: scripts that the server runs without anything in between."""

PUT = """
for at = 1, #ARGV, 12 do
  local base, kind, owner, id, timed, numbered, topic, label, names, item, field, vector = unpack(ARGV, at, at + 11)
  local key = base .. 'r:' .. owner .. ':' .. id
  local old = redis.call('HMGET', key, 'timed', 'numbered', 'topic')
  if old[1] then
    redis.call('ZREM', base .. owner .. ':t', old[1])
    redis.call('ZREM', base .. owner .. ':n', old[2])
    redis.call('ZREM', base .. owner .. ':g:' .. old[3], old[1])
    redis.call('DEL', key)
  end
  redis.call('HSET', key, 'owner', owner, 'kind', kind, 'timed', timed, 'numbered', numbered, 'topic', topic,
    'label', label, 'names', names, 'item', item)
  if field ~= '' then redis.call('HSET', key, field, vector) end
  redis.call('ZADD', base .. owner .. ':t', 0, timed)
  redis.call('ZADD', base .. owner .. ':n', 0, numbered)
  redis.call('ZADD', base .. owner .. ':g:' .. topic, 0, timed)
  redis.call('SADD', base .. 'owners', owner)
  redis.call('HINCRBY', base .. 'marks', owner .. ':w', 1)
end
"""
"""Write records, replacing those of the same name in every index; twelve arguments each."""

DELETE = """
local base, owner = ARGV[1], ARGV[2]
local gone = 0
for at = 3, #ARGV do
  local key = base .. 'r:' .. owner .. ':' .. ARGV[at]
  local old = redis.call('HMGET', key, 'timed', 'numbered', 'topic')
  if old[1] then
    redis.call('ZREM', base .. owner .. ':t', old[1])
    redis.call('ZREM', base .. owner .. ':n', old[2])
    redis.call('ZREM', base .. owner .. ':g:' .. old[3], old[1])
    gone = gone + redis.call('DEL', key)
  end
end
if gone > 0 then redis.call('HINCRBY', base .. 'marks', owner .. ':e', 1) end
if redis.call('EXISTS', base .. owner .. ':t') == 0 then redis.call('SREM', base .. 'owners', owner) end
return gone
"""
"""Erase records of one partition from every index; how many there were."""
