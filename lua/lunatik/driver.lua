-- The control device: runs what is written to it as a Lua chunk; the next read gives the results, joined by tabs, or the
-- error, and the one after it the end of file.
--
-- Positions from 2^40 up are mailboxes of their own: what a write there gives, a read there gets, so that commands at
-- the same time never mix. The answer in a mailbox begins with "+" for results and "-" for an error.
local device = require("device")

-- 2^40, which an engine with integers of 32 bits has as a float.
local MAILBOX = tonumber("1099511627776")

-- Answers that nobody has fetched: beyond these the oldest is dropped.
local UNFETCHED = 64

local driver = {name = "lunatik", mailboxes = {}, posted = {}}

-- Empties a mailbox, which then is none of the unfetched.
local function clear(self, off)
  if not self.mailboxes[off] then return end
  self.mailboxes[off] = nil
  for i, posted in ipairs(self.posted) do
    if posted == off then return table.remove(self.posted, i) end
  end
end

local function post(self, off, answer)
  clear(self, off)
  self.mailboxes[off] = answer
  table.insert(self.posted, off)
  if #self.posted > UNFETCHED then clear(self, self.posted[1]) end
end

local function results(ok, ...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(words[i]) end
  return ok, table.concat(words, "\t", 1, words.n)
end

local function run(chunk)
  local f, message = load(chunk)
  if not f then return false, message end
  return results(pcall(f))
end

function driver:write(chunk, off)
  local ok, result = run(chunk)
  if off >= MAILBOX then
    post(self, off, (ok and "+" or "-") .. result)
    return #chunk, off
  end
  self.result = result
end

-- Gives the answer in pieces where it doesn't fit: a mailbox's all, the other's first alone.
function driver:read(len, off)
  if off < MAILBOX then
    local result = self.result
    self.result = nil
    return result
  end
  local result = self.mailboxes[off]
  if not result then return end
  if #result > len then self.mailboxes[off] = result:sub(len + 1) else clear(self, off) end
  return result:sub(1, len), off
end

device.new(driver)
