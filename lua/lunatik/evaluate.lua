-- What runs a chunk for the control device: gives whether it ran, and its results, joined by tabs, or its error. It is a
-- global, which src/lib/driver.ts takes away. As a script it is all of a runtime that runs chunks beside the device's.
local function results(ok, ...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(words[i]) end
  return ok, table.concat(words, "\t", 1, words.n)
end

function evaluate(chunk)
  local f, message = load(chunk)
  if not f then return false, message end
  return results(pcall(f))
end
