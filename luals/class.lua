---@meta class

---A table that makes objects of itself.
---@class lunatik.class
local object = {}

---Makes an object of the class, or a class derived from it, of a table.
---@generic T: table
---@param self T
---@param object? table
---@return T
function object:new(object) end

---Makes a class of a table, by giving it the method `new`.
---@generic T: table
---@param class T
---@return T|lunatik.class
local function make(class) end

return make
