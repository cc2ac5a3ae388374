-- The control device: runs what is written to it as a Lua chunk; the next read gives the results, joined by tabs, or the
-- error, and the one after it the end of file.
--
-- Positions from 2^40 up are mailboxes of their own: what a write there gives, a read there gets, so that commands at
-- the same time never mix. Those are src/lib/driver.ts's.
local device = require("device")
require("lunatik.evaluate")

local evaluate = evaluate

local driver = {name = "lunatik"}

function driver:write(chunk)
  local _, result = evaluate(chunk)
  self.result = result
end

function driver:read()
  local result = self.result
  self.result = nil
  return result
end

device.new(driver)
