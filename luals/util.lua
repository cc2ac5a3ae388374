---@meta util

---Helpers of scripts and of their tests.
---@class lunatik.util
local util = {}

---The bytes of a string as hexadecimal digits.
---@param str string
---@return string
function util.bin2hex(str) end

---The bytes that hexadecimal digits stand for.
---@param hex string
---@return string
---@return integer n how many bytes these are
function util.hex2bin(hex) end

---Logs what follows as a line that begins with `what` in capitals.
---@param what string
---@param ... string|integer
function util.log(what, ...) end

---Calls func and logs whether it has returned (`PASS`) or raised (`FAIL`, the error and a traceback).
---@param name string
---@param func fun()
function util.test(name, func) end

return util
